"""Worlds that were drawn before: in this process, and on disk for the next one."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs

import equipoise._files
from equipoise._files import atomic_folder, text_digest, versions
from equipoise.crm._manifest import COMPRESSION, LIBRARIES, MANIFEST, read_listed, write_manifest
from equipoise.crm._recipes import Recipe, read_recipe
from equipoise.crm._records import CRM, draw_crm
from equipoise.crm._schema import TABLES
from equipoise.crm._truth import Truth
from equipoise.exceptions import InputError

__all__ = ["load_crm"]

PLACE = "EQUIPOISE_CACHE"
MOST_IN_PROCESS = 4
TRUTHS = ("latents", "members")

_drawn: dict[str, CRM] = {}


def load_crm(recipe: str | Path = "retail", *, twin: bool = False) -> CRM:
    """Return the world of a recipe: the course's own unless another is named.

    It is drawn once. This process then gives the same object again, so copy a table before you
    change it; the next process reads it from the user's cache folder, or from the folder that the
    environment variable ``EQUIPOISE_CACHE`` names (empty: none). A world in that folder serves only
    the recipe, the code and the libraries that drew it; what is missing, damaged or cannot be
    written is drawn anew. The folder can be deleted at any time.

    Parameters
    ----------
    recipe : str or Path
        ``"retail"`` (20,000 customers, historical targeting of community B and three milder
        distortions) or a recipe file of your own.
    twin : bool
        Return the clean twin: the same customers without distortions.

    Returns
    -------
    CRM

    Raises
    ------
    InputError
        If there is no such recipe, or the file breaks a rule.

    Examples
    --------
    >>> load_crm("retail").draws.customers
    20000
    >>> load_crm("retail") is load_crm("retail")
    True
    """
    wanted = read_recipe(recipe)
    digest = _digest(wanted)
    crm = _drawn.pop(digest, None) or _from_disk(wanted, digest) or _drawn_anew(wanted, digest)
    _drawn[digest] = crm
    for oldest in list(_drawn)[:-MOST_IN_PROCESS]:
        del _drawn[oldest]
    return crm.clean_twin if twin else crm


def _drawn_anew(recipe: Recipe, digest: str) -> CRM:
    crm = draw_crm(recipe.draws, recipe.settings)
    folder = _folder(recipe, digest)
    if folder is not None:
        _keep(crm, folder)
    return crm


def _from_disk(recipe: Recipe, digest: str) -> CRM | None:
    folder = _folder(recipe, digest)
    frames = None if folder is None else read_listed(folder)
    if frames is None or {*frames} != {*TABLES, *TRUTHS}:
        return None
    return CRM(
        draws=recipe.draws,
        settings=recipe.settings,
        tables={name: frames[name] for name in TABLES},
        truth=Truth(**{name: frames[name] for name in TRUTHS}),
    )


def _keep(crm: CRM, folder: Path) -> None:
    """Write a world for the next process; where that cannot be done, the next one draws it."""
    frames = {**crm.tables, "latents": crm.truth.latents, "members": crm.truth.members}
    try:
        with atomic_folder(folder, overwrite=True, manifest=MANIFEST) as part:
            for name, frame in frames.items():
                frame.to_parquet(part / f"{name}.parquet", index=False, compression=COMPRESSION)
            write_manifest(part, crm.draws, crm.settings)
    except (OSError, InputError):
        return


def _folder(recipe: Recipe, digest: str) -> Path | None:
    place = os.environ.get(PLACE)
    if place == "":
        return None
    root = Path(place).expanduser() if place else Path(platformdirs.user_cache_dir("equipoise"))
    return root / f"{recipe.name}-{digest[:16]}"


def _digest(recipe: Recipe) -> str:
    """Return what a world in the cache is known by: all that could change one of its values."""
    told = (recipe.name, recipe.draws.seed, recipe.draws.customers, recipe.settings)
    return text_digest(*map(str, told), str(versions(LIBRARIES)), _source())


@cache
def _source() -> str:
    """Return the digest of the code that draws."""
    here = Path(__file__).parent
    modules = sorted(here.rglob("*.py"))
    parts = [part for path in modules for part in (path.name, path.read_bytes())]
    return text_digest(*parts, Path(equipoise._files.__file__).read_bytes())

"""Recipes: whole worlds as short files, the course's own among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from equipoise._checks import check_choice, suggestion
from equipoise._yaml import NoKeyTwice, read_mapping, read_text
from equipoise.crm._behaviour import CDNOW, RETAIL, Behaviour
from equipoise.crm._life import Settings
from equipoise.crm._make import check_draws, check_settings
from equipoise.crm._streams import Draws
from equipoise.crm.distortions import Distortion, parse_distortion
from equipoise.exceptions import InputError

__all__ = ["BEHAVIOURS", "Recipe", "read_recipe", "recipe_text"]

BEHAVIOURS: dict[str, Behaviour] = {"retail": RETAIL, "cdnow": CDNOW}
KEYS = ("name", "customers", "seed", "behaviour", "better_off", "distortions")
REQUIRED = ("name", "customers", "seed")
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Recipe:
    """What a world is drawn from.

    Parameters
    ----------
    name : str
        What the world is called.
    draws : Draws
        Its seed and its customers.
    settings : Settings
        Its behaviour, consent and distortions.
    """

    name: str
    draws: Draws
    settings: Settings


def read_recipe(recipe: str | Path) -> Recipe:
    """Read and check a recipe.

    Parameters
    ----------
    recipe : str or Path
        The name of a recipe of this package, such as ``"retail"``, or a YAML file with the keys
        `name, customers, seed`, and if wanted `behaviour` (retail or cdnow), `better_off`
        (consent_less or consent_more) and `distortions`, a list of ``name=dose:column=value``.

    Returns
    -------
    Recipe

    Raises
    ------
    InputError
        If there is no such recipe, or the file breaks a rule.

    Examples
    --------
    >>> [str(distortion) for distortion in read_recipe("retail").settings.distortions][:1]
    ['consent_selection=0.2:income_band=low']
    """
    text, shown = _found(recipe)
    cure = "See the recipe retail."
    keys = read_mapping(text, loader=_Loader, parameter="recipe", name=shown, next_move=cure)
    return _checked(keys, shown)


def recipe_text(name: str) -> str:
    """Return a recipe of this package as it is written, comments and all."""
    check_choice("recipe", name, _shipped())
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")


class _Loader(NoKeyTwice, yaml.SafeLoader):
    """Numbers and lists as YAML has them."""


def _found(recipe: str | Path) -> tuple[str, str]:
    """Return a recipe's text and what to call it in a message."""
    if isinstance(recipe, str) and recipe in _shipped():
        return recipe_text(recipe), recipe
    path = Path(recipe)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            "recipe",
            "must be a known name or a .yaml file",
            repr(str(recipe)),
            suggestion(recipe, _shipped()),
        )
    return read_text(path, parameter="recipe"), str(path)


def _checked(keys: Mapping[Any, Any], shown: str) -> Recipe:
    for key in keys:
        if key not in KEYS:
            raise InputError(
                "recipe", "must have known keys", repr(key), suggestion(key, KEYS, most=6)
            )
    for key in REQUIRED:
        if keys.get(key) is None:
            raise InputError(key, "must be given", "nothing", f"Add it to {shown}.")
    name = keys["name"]
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]+", name)):
        rule = "must consist of letters, digits, - and _"
        raise InputError("name", rule, repr(name), "Use a name such as retail.")
    behaviour = check_choice("behaviour", keys.get("behaviour", "retail"), BEHAVIOURS)
    settings = check_settings(
        _distortions(keys.get("distortions") or []),
        BEHAVIOURS[behaviour],
        keys.get("better_off", "consent_less"),
    )
    return Recipe(name, check_draws(keys["customers"], keys["seed"]), settings)


def _distortions(listed: object) -> list[Distortion]:
    if not (isinstance(listed, list) and all(isinstance(text, str) for text in listed)):
        raise InputError(
            "distortions",
            "must be a list of name=dose:column=value",
            repr(listed),
            "Write one per line, such as - historical_targeting=0.6:community=B.",
        )
    return [parse_distortion(text) for text in listed]


def _shipped() -> list[str]:
    names = [place.name for place in _folder().iterdir()]
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def _folder() -> Traversable:
    return resources.files("equipoise.crm") / "recipes"

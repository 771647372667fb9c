"""The first customers of a recipe's world as files, to look at without running anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from equipoise._files import atomic_folder, file_digest
from equipoise.crm._described import described
from equipoise.crm._manifest import write_manifest
from equipoise.crm._recipes import read_recipe, recipe_text
from equipoise.crm._records import draw_crm
from equipoise.crm._writing import write_documents, write_tables

__all__ = ["write_extract"]

CHECKSUMS = "SHA256SUMS"
PREFACE = """\
> This folder holds the first {extract:,} of the {customers:,} customers of the world `{name}`, drawn
> as part of it. There is no truth and no task here: `equipoise simulate --recipe {name}` writes all.

"""


def write_extract(name: str, folder: str | Path, *, customers: int = 1000) -> None:
    """Write the recipe, every table of its first customers, the documents and the checksums.

    Parameters
    ----------
    name : str
        A recipe of this package, such as ``"retail"``.
    folder : str or Path
        Files of the same names are replaced; all change or none.
    customers : int
        How many of the first.

    Raises
    ------
    InputError
        If there is no such recipe, or the folder cannot be written.
    """
    text = recipe_text(name)
    recipe = read_recipe(name)
    crm = draw_crm(replace(recipe.draws, customers=customers), recipe.settings)
    preface = PREFACE.format(extract=customers, customers=recipe.draws.customers, name=name)
    with atomic_folder(folder, overwrite=True, parameter="folder") as part:
        (part / "recipe.yaml").write_text(text, encoding="utf-8")
        write_tables(crm, part)
        write_documents(described(crm), part, preface=preface)
        write_manifest(part, crm.draws, crm.settings)
        lines = [f"{file_digest(path)}  {path.name}\n" for path in sorted(part.iterdir())]
        (part / CHECKSUMS).write_text("".join(lines), encoding="utf-8")

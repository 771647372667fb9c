"""Conventions of the sources that no linter knows."""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path

import pytest

import equipoise

PACKAGE = Path(equipoise.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# A chapter is what a reader can import from the package: a module or a folder at its top.
CHAPTERS = sorted(
    path
    for path in [
        *PACKAGE.glob("[!_]*.py"),
        *PACKAGE.glob("[!_]*/__init__.py"),
        PACKAGE / "__init__.py",
    ]
)
# Each hazard has a class of its own so that it can be caught alone; a limit would merge them.
MAY_EXPORT_MORE = {"exceptions"}
# They claim an outcome where the code only acts; GLOSSARY.md says what to write instead.
AVOIDED = ("debias", "unbias", "fair_model", "fairmodel")


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def exported(path: Path) -> list[str]:
    """Read `__all__` without importing; fail if it is computed."""
    found = [
        node.value
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert len(found) == 1, "needs one __all__"
    return ast.literal_eval(found[0])


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_is_at_most_400_lines(path):
    lines = path.read_text("utf-8").count("\n")
    assert lines <= 400


@pytest.mark.parametrize("path", CHAPTERS, ids=relative)
def test_a_chapter_exports_at_most_a_dozen_names(path):
    names = exported(path)
    assert len(names) == len(set(names))
    # The package lists its chapters beside its names; each of them has a limit of its own.
    chapters = equipoise._CHAPTERS if path.parent == PACKAGE else set()
    public = [name for name in names if not name.startswith("__") and name not in chapters]
    chapter = path.parent.name if path.stem == "__init__" else path.stem
    assert len(public) <= 12 or chapter in MAY_EXPORT_MORE


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_names_state_the_act_and_not_the_hope(path):
    with path.open("rb") as source:
        tokens = [t.string for t in tokenize.tokenize(source.readline) if t.type == tokenize.NAME]
    names = {*tokens, path.stem}
    assert [name for name in names if any(word in name.lower() for word in AVOIDED)] == []

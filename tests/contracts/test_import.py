"""Importing the package costs nothing, and its public names lead where they say."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import equipoise

SOURCE = Path(equipoise.__file__).parents[1]
PROBE = """
import json, sys, time
HEAVY = {"aif360", "matplotlib", "numpy", "pandas", "plotly", "scipy", "sklearn"}
before = time.process_time()
import MODULE
seconds = time.process_time() - before
heavy = sorted(HEAVY & set(sys.modules))
print(json.dumps([seconds, heavy]))
"""


def importing(module: str) -> tuple[float, list[str]]:
    """Give the seconds of processor time and the heavy libraries that one import takes."""
    path = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
    seconds, heavy = json.loads(
        subprocess.run(
            [sys.executable, "-c", PROBE.replace("MODULE", module)],
            env=os.environ | {"PYTHONPATH": path},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    return seconds, heavy


@pytest.mark.parametrize("module", ["equipoise", "equipoise.cli"])
def test_importing_loads_no_heavy_library(module):
    assert importing(module)[1] == []


def test_importing_takes_less_than_a_tenth_of_a_second():
    # The best of five: what the import itself needs, not what else the machine was doing.
    assert min(importing("equipoise")[0] for _ in range(5)) < 0.1


def test_every_public_name_can_be_fetched_and_is_listed():
    for name in equipoise.__all__:
        if name != "__version__":  # known only to an installed package; the next test
            assert getattr(equipoise, name) is not None
        assert name in dir(equipoise)


def test_the_version_is_that_of_the_metadata(monkeypatch):
    monkeypatch.setattr(metadata, "version", {"equipoise": "9.9"}.__getitem__)
    assert equipoise.__getattr__("__version__") == "9.9"
    vars(equipoise).pop("__version__")


def test_an_unknown_name_is_refused_like_any_other_attribute():
    with pytest.raises(AttributeError) as refusal:
        equipoise.nothing  # noqa: B018
    assert str(refusal.value) == "module 'equipoise' has no attribute 'nothing'"


def test_no_module_has_the_name_of_a_public_function_or_class():
    # After `import equipoise.sweep`, `equipoise.sweep` would no longer be the function.
    modules = {path.stem for path in (SOURCE / "equipoise").iterdir()}
    assert modules.isdisjoint(equipoise._HOME)


def test_type_checkers_see_the_names_that_exist_at_run_time():
    tree = ast.parse(Path(equipoise.__file__).read_text("utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == equipoise._HOME | dict.fromkeys(equipoise._CHAPTERS, "equipoise")
    assert {*seen, "__version__"} == set(equipoise.__all__)

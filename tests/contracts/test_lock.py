"""The lock holds everything that pyproject.toml asks for, by content and from no named place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def pins() -> list[tuple[Requirement, str]]:
    """Give each pin with the rest of its entry, in which the hashes are."""
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    return [(Requirement(entry.split("\\")[0].strip()), entry) for entry in entries]


def asked() -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    texts = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    return [Requirement(text) for text in [*texts, *(line for extra in extras for line in extra)]]


def applies(marker: Marker | None, python: str) -> bool:
    where = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    versions = {"python_version": python, "python_full_version": f"{python}.0"}
    return marker is None or marker.evaluate(where | versions)


def test_every_pin_is_one_version_with_its_hashes():
    for pin, entry in pins():
        (specifier,) = pin.specifier
        assert specifier.operator == "==", entry
        assert pin.url is None, entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


def test_the_lock_names_no_place():
    assert re.findall(r"^.*(?:://|--index|--find-links| @ |^\s*-[ief]\b).*$", LOCK, re.M) == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_requirement_is_locked_within_its_range(python):
    for requirement in asked():
        name = canonicalize_name(requirement.name)
        locked = [
            Version(next(iter(pin.specifier)).version)
            for pin, _ in pins()
            if canonicalize_name(pin.name) == name and applies(pin.marker, python)
        ]
        assert len(locked) == 1, f"{name} is locked {len(locked)} times. Run: make lock"
        assert locked[0] in requirement.specifier, f"{name} {locked[0]} is outside. Run: make lock"


def test_the_lock_holds_nothing_that_nobody_asked_for():
    stale = [
        pin.name
        for pin, entry in pins()
        if "equipoise (pyproject.toml)" in entry
        and canonicalize_name(pin.name) not in {canonicalize_name(want.name) for want in asked()}
    ]
    assert stale == [], "Run: make lock"

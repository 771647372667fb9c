"""A file is written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from equipoise._files import (
    atomic_file,
    atomic_folder,
    check_folder,
    check_writable,
    file_digest,
    text_digest,
    versions,
)
from equipoise.exceptions import InputError

KILLED = """
import sys, os, signal
from equipoise._files import {call}
with {call}(sys.argv[1]{more}) as part:
    target = part if {call!r} == "atomic_file" else part / "a.txt"
    target.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_appears_only_when_the_block_has_succeeded(tmp_path):
    target = tmp_path / "report.html"
    with atomic_file(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]
    umask = os.umask(0)
    os.umask(umask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_failing_block_leaves_the_old_file_and_no_trace(tmp_path):
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_file(target) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("call", "more"), [("atomic_file", ""), ("atomic_folder", ", overwrite=True")]
)
def test_a_killed_run_leaves_what_was_there_before(tmp_path, call, more):
    target = tmp_path / "out"
    old = target if call == "atomic_file" else target / "a.txt"
    old.parent.mkdir(exist_ok=True)
    old.write_text("old")
    run = subprocess.run(
        [sys.executable, "-c", KILLED.format(call=call, more=more), str(target)], check=False
    )
    assert run.returncode == -signal.SIGKILL
    assert old.read_text() == "old"


def test_a_file_needs_a_folder_that_exists(tmp_path):
    target = tmp_path / "none" / "f.txt"
    with pytest.raises(InputError) as refused, atomic_file(target):
        pass
    assert str(refused.value) == (
        f"path must be a file in an existing folder, got {target}. Create the folder first."
    )
    with pytest.raises(InputError) as refused, atomic_file(tmp_path, parameter="choice"):
        pass
    assert str(refused.value) == (
        f"choice must be a file, got the folder {tmp_path}. Add a file name."
    )


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o664])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    target = tmp_path / "choice.json"
    target.write_text("old")
    target.chmod(mode)
    with atomic_file(target) as part:
        assert part.stat().st_mode & 0o077 & ~mode == 0
        part.write_text("new")
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == mode
    with atomic_folder(tmp_path, overwrite=True) as folder:
        (folder / target.name).write_text("newer")
    assert target.read_text() == "newer"
    assert target.stat().st_mode & 0o777 == mode


def test_a_folder_that_cannot_be_written_is_told_from_one_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, _: place != tmp_path)
    cure = "Choose a folder that you can write to."
    target = tmp_path / "f.txt"
    with pytest.raises(InputError) as refused:
        check_writable(target)
    assert (
        str(refused.value) == f"out must be in a folder that can be written, got {target}. {cure}"
    )
    for folder in (tmp_path, tmp_path / "deep" / "data"):
        with pytest.raises(InputError) as refused:
            check_folder(folder, overwrite=True, parameter="folder")
        assert (
            str(refused.value)
            == f"folder must be a folder that can be written, got {folder}. {cure}"
        )


def test_a_folder_takes_its_files_only_when_the_block_has_succeeded(tmp_path):
    target = tmp_path / "deep" / "data"
    with atomic_folder(target) as part:
        (part / "sub").mkdir()
        (part / "sub" / "a.txt").write_text("a")
        assert not target.exists()
    assert (target / "sub" / "a.txt").read_text() == "a"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_with_files_is_left_alone_unless_told(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError) as refused, atomic_folder(tmp_path):
        pass
    assert str(refused.value) == (
        f"out must be empty or new, got {tmp_path}. Choose another folder or pass --overwrite."
    )
    with pytest.raises(InputError) as refused, atomic_folder(tmp_path, parameter="folder"):
        pass
    assert str(refused.value) == (
        f"folder must be empty or new, got {tmp_path}. Choose another folder or pass overwrite=True."
    )
    with atomic_folder(tmp_path, overwrite=True) as part:
        (part / "new.txt").write_text("new")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["mine.txt", "new.txt"]


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    target = tmp_path / "file"
    target.write_text("")
    for place in (target, target / "data"):
        with pytest.raises(InputError) as refused, atomic_folder(place, overwrite=True):
            pass
        assert str(refused.value) == f"out must be a folder, got {place}. Choose another name."


def test_digests_are_those_of_the_content():
    assert text_digest("ab", "c") != text_digest("a", "bc") != text_digest("abc")
    assert text_digest("a") == text_digest(b"a")


def test_versions_name_the_libraries_that_move_numbers():
    assert {"equipoise", "numpy", "scikit-learn"} <= set(versions())


def test_a_name_that_could_not_be_written_is_refused_beforehand(tmp_path):
    check_writable(tmp_path / "report.html", suffix=".html")
    with pytest.raises(InputError) as refused:
        check_writable(tmp_path / "report.pdf", suffix=".html")
    assert str(refused.value) == "out must end in .html, got report.pdf. Rename it."
    target = tmp_path / "none" / "report.html"
    with pytest.raises(InputError) as refused:
        check_writable(target, suffix=".html")
    assert str(refused.value) == (
        f"out must be a file in an existing folder, got {target}. Create the folder first."
    )
    with pytest.raises(InputError) as refused:
        check_writable(tmp_path / f"{'n' * 196}.html", suffix=".html")
    assert str(refused.value) == (
        f"out must have a name of at most 200 bytes, got {'n' * 20}…. Shorten it."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path):
    target = tmp_path / "f.txt"
    target.write_text("old")
    with pytest.raises(InputError) as refused, atomic_file(target, parameter="out"):
        raise OSError(28, "No space left on device")
    assert str(refused.value) == (
        f"out must be where there is room for it, got {target} (No space left on device). "
        "Make room, or choose another folder."
    )
    with pytest.raises(OSError, match="another"), atomic_file(target):
        raise OSError(5, "another")
    assert [item.read_text() for item in tmp_path.iterdir()] == ["old"]


def manifest(part, **files):
    """Write files and the manifest that lists them."""
    for name, text in files.items():
        place = part / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    found = [path for path in sorted(part.rglob("*")) if path.is_file()]
    listed = {path.relative_to(part).as_posix(): {"sha256": file_digest(path)} for path in found}
    (part / "m.json").write_text(json.dumps({"files": listed}))


def names(folder):
    found = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return {path.relative_to(folder).as_posix() for path in found}


def write(target, **files):
    with atomic_folder(target, overwrite=True, manifest="m.json") as part:
        manifest(part, **files)


def test_what_an_earlier_run_listed_goes_when_the_next_does_not_write_it(tmp_path):
    write(tmp_path, a="1", sub__deep__b="2", sub__c="3")
    write(tmp_path, a="1", d="4")
    assert names(tmp_path) == {"a", "d", "m.json"}
    assert not (tmp_path / "sub").exists()


def test_what_was_changed_since_or_was_never_listed_stays(tmp_path):
    write(tmp_path, a="1", sub__b="2", sub__c="3")
    (tmp_path / "a").write_text("changed")
    (tmp_path / "sub" / "mine").write_text("mine")
    write(tmp_path, d="4")
    assert names(tmp_path) == {"a", "d", "sub/mine", "m.json"}
    assert (tmp_path / "a").read_text() == "changed"


def test_without_overwriting_or_a_manifest_nothing_goes(tmp_path):
    write(tmp_path, a="1")
    with atomic_folder(tmp_path, overwrite=True) as part:
        (part / "b").write_text("2")
    assert names(tmp_path) == {"a", "b", "m.json"}
    with pytest.raises(InputError), atomic_folder(tmp_path, manifest="m.json") as part:
        pass
    assert names(tmp_path) == {"a", "b", "m.json"}


def test_a_run_that_fails_removes_nothing(tmp_path):
    write(tmp_path, a="1")
    with (
        pytest.raises(ZeroDivisionError),
        atomic_folder(tmp_path, overwrite=True, manifest="m.json") as part,
    ):
        manifest(part, b="2")
        raise ZeroDivisionError
    assert names(tmp_path) == {"a", "m.json"}


@pytest.mark.parametrize(
    "claimed", ["../victim", "ABSOLUTE", "link", "linked/victim", "sub/../../victim", "", "."]
)
def test_a_manifest_cannot_point_out_of_its_folder(tmp_path, claimed):
    victim, target = tmp_path / "victim", tmp_path / "out"
    victim.write_text("mine")
    (target / "sub").mkdir(parents=True)
    (target / "link").symlink_to(victim)
    (target / "linked").symlink_to(tmp_path)
    claimed = str(victim) if claimed == "ABSOLUTE" else claimed
    forged = {"files": {claimed: {"sha256": file_digest(victim)}}}
    (target / "m.json").write_text(json.dumps(forged))
    write(target, a="1")
    assert victim.read_text() == "mine"
    assert names(target) == {"a", "m.json", "link", "linked"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"files": []}', '{"files": {"a": 1}}', '{"files": {"a": {}}}']
)
def test_what_is_no_manifest_lists_nothing(tmp_path, text):
    (tmp_path / "a").write_text("mine")
    (tmp_path / "m.json").write_text(text)
    write(tmp_path, b="2")
    assert names(tmp_path) == {"a", "b", "m.json"}


def test_a_file_where_a_folder_must_go_is_refused_and_nothing_moves(tmp_path):
    (tmp_path / "sub").write_text("mine")
    message = f"out must have room for sub/b, got a file at {tmp_path / 'sub'}. Move it away."
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        write(tmp_path, a="1", sub__b="2")
    assert names(tmp_path) == {"sub"}


def test_a_folder_where_a_file_must_go_is_refused_and_nothing_moves(tmp_path):
    (tmp_path / "b").mkdir()
    message = f"out must have room for b, got a folder at {tmp_path / 'b'}. Move it away."
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        write(tmp_path, a="1", b="2")
    assert names(tmp_path) == set()


def test_a_leftover_makes_room_for_what_takes_its_place(tmp_path):
    write(tmp_path, sub="1")
    write(tmp_path, sub__b="2")
    assert names(tmp_path) == {"sub/b", "m.json"}


def test_a_run_killed_while_files_move_leaves_nothing_that_a_later_one_does_not_remove(
    tmp_path, monkeypatch
):
    write(tmp_path / "out", a="1")
    moved = []
    real = os.replace

    def killed(source, target):
        if len(moved) == 3:
            raise KeyboardInterrupt
        moved.append(real(source, target))

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", killed)
        write(tmp_path / "out", b="2", c="3", d="4")
    assert {"b", "c"} < names(tmp_path / "out")
    write(tmp_path / "out", a="1")
    assert names(tmp_path / "out") == {"a", "m.json"}

"""A file is written whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from equipoise._files import (
    atomic_file,
    atomic_folder,
    check_folder,
    check_writable,
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
    assert list(tmp_path.iterdir()) == []

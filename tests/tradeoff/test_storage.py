"""A sweep on disk is four files of one run, as they were written, or it is refused."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import read_sweep
from equipoise.tradeoff._storage import digest_of

INF = float("inf")
FILES = ["s.draws.parquet", "s.group_draws.parquet", "s.groups.parquet", "s.parquet"]


def parts_of(sweep):
    return [sweep.rows, sweep.by_group, sweep.draws, sweep.group_draws]


@pytest.fixture(scope="module")
def written(swept, tmp_path_factory):
    """Read only: a saved sweep, for `saved` to copy."""
    folder = tmp_path_factory.mktemp("written")
    swept.save(folder / "s.parquet")
    return folder


@pytest.fixture
def saved(written, tmp_path):
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return tmp_path / "s.parquet"


def test_a_sweep_reads_back_as_it_was(swept, saved):
    assert sorted(item.name for item in saved.parent.iterdir()) == FILES
    again = read_sweep(saved)
    for one, other in zip(parts_of(again), parts_of(swept), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert again.manifest == swept.manifest
    for name in FILES:
        raw = pq.read_schema(saved.with_name(name)).metadata[b"equipoise"].decode()
        json.loads(raw, parse_constant=lambda found: pytest.fail(f"{found} is no JSON"))


def test_a_sweep_of_nothing_but_refusals_reads_back(swept, tmp_path):
    nothing = [frame.iloc[:0] for frame in parts_of(swept)[1:]]
    empty = dataclasses.replace(
        swept, by_group=nothing[0], draws=nothing[1], group_draws=nothing[2]
    )
    empty.save(tmp_path / "s.parquet")
    again = read_sweep(tmp_path / "s.parquet")
    assert again.groups().empty and again.draws.empty and again.group_draws.empty


def test_the_digest_is_of_every_bit_and_survives_parquet(swept, tmp_path):
    odd = {
        "id": ["é", "", "nan", None],
        "value": [np.nan, INF, -0.0, 0.1 + 0.2],
        "n": [1, 2, 3, 4],
        "yes": [True, False, True, True],
    }
    result = dataclasses.replace(swept, draws=pd.DataFrame(odd))
    result.save(tmp_path / "s.parquet")
    again = read_sweep(tmp_path / "s.parquet")
    assert digest_of(swept.manifest, *parts_of(result)) == again.manifest["digest"]
    assert again.manifest["digest"] != swept.manifest["digest"]


def test_the_digest_leaves_out_what_runs_do_not_share(swept):
    rows, *rest = parts_of(swept)
    digest = swept.manifest["digest"]
    assert digest_of(swept.manifest, rows.assign(seconds=0.0), *rest) == digest
    again = {**swept.manifest, "cells": {"reused": 9, "of": 9}, "digest": "another"}
    assert digest_of(again, rows, *rest) == digest


def test_another_figure_name_order_or_fact_is_another_digest(swept):
    rows, groups, draws, group_draws = parts_of(swept)
    nudged = rows.copy()
    nudged.loc[0, "auc"] = np.nextafter(rows.loc[0, "auc"], 1.0)
    others = [
        (nudged, groups, draws, group_draws),
        (rows, groups.assign(n=1), draws, group_draws),
        (rows, groups, draws.assign(auc=0.0), group_draws),
        (rows, groups, draws, group_draws.iloc[::-1]),
        (rows, groups, draws.rename(columns={"auc": "acu"}), group_draws),
        (rows, groups.assign(group="a"), draws, group_draws),
    ]
    digests = {digest_of(swept.manifest, *parts) for parts in others}
    digests.add(digest_of({**swept.manifest, "rows": 1}, rows, groups, draws, group_draws))
    assert len(digests | {swept.manifest["digest"]}) == len(others) + 2


def test_a_missing_text_is_no_other_text(swept):
    frames = [pd.DataFrame({"group": texts}) for texts in (["a", None], ["a", "None"], ["a", "a"])]
    assert len({digest_of({}, frame) for frame in frames}) == 3


@pytest.mark.parametrize("part", ["groups", "draws", "group_draws"])
def test_parts_of_different_runs_are_refused(swept, saved, part):
    other = dataclasses.replace(swept, manifest={**swept.manifest, "seeds": [7]})
    other.save(saved.with_name("other.parquet"))
    saved.with_name(f"other.{part}.parquet").replace(saved.with_name(f"s.{part}.parquet"))
    with pytest.raises(InputError) as refused:
        read_sweep(saved)
    assert str(refused.value) == (
        "sweep must lie beside the companions of the same run, got s.parquet. Run the sweep again."
    )


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused(saved, name):
    path = saved.with_name(name)
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)  # keeps the manifest
    with pytest.raises(InputError) as refused:
        read_sweep(saved)
    assert str(refused.value) == (
        "sweep must be as it was written, got s.parquet. Run the sweep again."
    )


@pytest.mark.parametrize("harm", ["missing", "truncated", "text", "folder"])
def test_what_is_no_sweep_is_refused(saved, harm):
    companion = saved.with_name("s.groups.parquet")
    raw = companion.read_bytes()
    companion.unlink()
    if harm == "truncated":
        companion.write_bytes(raw[: len(raw) // 2])
    elif harm == "text":
        companion.write_text("model,epsilon\n")
    elif harm == "folder":
        companion.mkdir()
    with pytest.raises(InputError) as refused:
        read_sweep(saved)
    assert str(refused.value) == (
        f"sweep must be a readable Parquet file, got {companion}. Make it with `equipoise sweep`."
    )


@pytest.mark.parametrize("manifest", [None, {}, {"format": 3}])
def test_a_foreign_or_an_older_table_is_refused(tmp_path, manifest):
    path = tmp_path / "orders.parquet"
    frame = pd.DataFrame({"a": [1]})
    frame.to_parquet(path)
    if manifest is not None:
        table = pq.read_table(path)
        raw = {b"equipoise": json.dumps(manifest).encode()}
        pq.write_table(table.replace_schema_metadata(raw), path)
    for part in ("groups", "draws", "group_draws"):
        shutil.copyfile(path, tmp_path / f"orders.{part}.parquet")
    with pytest.raises(InputError) as refused:
        read_sweep(path)
    assert str(refused.value) == (
        "sweep must carry the manifest of `equipoise sweep`, got orders.parquet. "
        "Run the sweep again."
    )


@pytest.mark.parametrize("odd", ["\udcff.parquet", "a b €.parquet"])
def test_a_sweep_has_whatever_name_the_system_takes(swept, tmp_path, odd):
    swept.save(tmp_path / odd)
    assert read_sweep(tmp_path / odd).manifest["digest"] == swept.manifest["digest"]


def test_a_full_disk_leaves_an_older_sweep_whole(swept, saved, monkeypatch):
    write_table, calls = pq.write_table, []

    def full(*given, **named):
        calls.append(given)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        write_table(*given, **named)

    monkeypatch.setattr(pq, "write_table", full)
    other = dataclasses.replace(swept, manifest={**swept.manifest, "seeds": [7]})
    with pytest.raises(InputError) as refused:
        other.save(saved)
    assert str(refused.value) == (
        f"out must be where there is room for it, got {saved.with_name('s.group_draws.parquet')} "
        "(No space left on device). Make room, or choose another folder."
    )
    assert sorted(item.name for item in saved.parent.iterdir()) == FILES
    assert read_sweep(saved).manifest == swept.manifest


def test_a_sweep_is_saved_as_parquet_only(swept, tmp_path):
    with pytest.raises(InputError) as refused:
        swept.save(tmp_path / "s.csv")
    assert str(refused.value) == "out must end in .parquet, got s.csv. Rename it."
    assert list(tmp_path.iterdir()) == []

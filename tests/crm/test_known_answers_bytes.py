"""The same seed gives the same bytes: in another process, with other threads, and part by part."""

import hashlib
import io
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest

from equipoise.crm import DISTORTIONS, make_crm, parse_distortion
from equipoise.crm._records import draw_crm
from equipoise.crm._schema import TABLES
from equipoise.crm._streams import Draws

CUSTOMERS = 1500
SEED = 3
ALONE = [f"{name}=0.6:community=B" for name in DISTORTIONS]
BY_PARTS = [
    f"{name}=0.6:community=B" for name, kind in DISTORTIONS.items() if not kind.needs_everyone
]


def frames(crm):
    """Return every table and both parts of the truth by name."""
    return {**crm.tables, "latents": crm.truth.latents, "members": crm.truth.members}


def as_parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def digests(parts):
    return {name: hashlib.sha256(as_parquet(part)).hexdigest() for name, part in parts.items()}


def world(texts):
    distortions = [parse_distortion(text) for text in texts]
    return make_crm(customers=CUSTOMERS, seed=SEED, distortions=distortions)


@cache
def clean():
    return world([])


@cache
def clean_digests():
    return digests(frames(clean()))


def digests_elsewhere(texts, **environment):
    """Return the digests that a new process computes under another environment."""
    code = (
        "import hashlib, io\n"
        "from equipoise.crm import make_crm, parse_distortion\n"
        f"distortions = [parse_distortion(text) for text in {texts!r}]\n"
        f"crm = make_crm(customers={CUSTOMERS}, seed={SEED}, distortions=distortions)\n"
        "parts = {**crm.tables, 'latents': crm.truth.latents, 'members': crm.truth.members}\n"
        "for name, frame in parts.items():\n"
        "    buffer = io.BytesIO()\n"
        "    frame.to_parquet(buffer, index=False)\n"
        "    print(name, hashlib.sha256(buffer.getvalue()).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.mark.parametrize("texts", [[], ALONE], ids=["clean", "all nine"])
def test_another_process_gives_the_same_bytes_whatever_its_hash_seed_and_threads(texts):
    here = digests(frames(world(texts)))
    for hash_seed, threads in (("1", "1"), ("2", "2")):
        there = digests_elsewhere(texts, PYTHONHASHSEED=hash_seed, OMP_NUM_THREADS=threads)
        assert there == here


@pytest.mark.parametrize("texts", [[], BY_PARTS], ids=["clean", "all but the loop"])
@pytest.mark.parametrize("cuts", [(1,), (500, 1000), (7, 8, 1493)])
def test_parts_drawn_by_themselves_are_the_whole(texts, cuts):
    whole = world(texts) if texts else clean()
    edges = [0, *cuts, CUSTOMERS]
    parts = [
        frames(draw_crm(Draws(SEED, low + 1, high - low), whole.settings))
        for low, high in pairwise(edges)
    ]
    joined = {
        name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]
    }
    joined["campaigns"] = parts[0]["campaigns"]
    assert all(part["campaigns"].equals(joined["campaigns"]) for part in parts)
    assert digests(joined) == digests(frames(whole))


def test_the_first_customers_of_a_larger_world_are_those_of_a_smaller_one():
    larger = frames(make_crm(customers=2 * CUSTOMERS, seed=SEED))
    for name, frame in frames(clean()).items():
        pd.testing.assert_frame_equal(larger[name].iloc[: len(frame)], frame)


@pytest.mark.parametrize("text", ALONE)
def test_dose_0_is_the_clean_twin_byte_for_byte(text):
    nothing = text.replace("=0.6", "=0")
    assert digests(frames(world([nothing]))) == clean_digests()


def test_another_seed_changes_every_table_but_the_plans():
    here = clean_digests()
    there = digests(frames(make_crm(customers=CUSTOMERS, seed=SEED + 1)))
    assert {name for name in here if here[name] == there[name]} == {"campaigns"}
    assert set(TABLES) < set(here)

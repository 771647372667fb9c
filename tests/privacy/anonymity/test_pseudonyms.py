"""Pseudonyms join where they should, nowhere else, and are no anonymity."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity import (
    measure_anonymity,
    new_key,
    pseudonymise,
    reverse_hashes,
)

KEY = hashlib.sha256(b"a key for tests").digest()
MAILS = [f"customer{j}@example.org" for j in range(200)]


def test_a_pseudonym_is_the_keyed_hash_it_says_it_is():
    subkey = hmac.new(KEY, b"churn study", hashlib.sha256).digest()
    wanted = hmac.new(subkey, b"ann@x.org", hashlib.sha256).hexdigest()
    assert pseudonymise(["ann@x.org"], key=KEY, purpose="churn study").tolist() == [wanted]


@given(ids=st.lists(st.text(min_size=1).filter(str.strip), max_size=20), other=st.integers(0, 255))
def test_only_the_same_key_and_purpose_give_the_same_pseudonyms(ids, other):
    ids = [text for text in ids if text.isprintable()]
    one = pseudonymise(ids, key=KEY, purpose="study")
    assert one.tolist() == pseudonymise(ids, key=KEY, purpose="study").tolist()
    assert one.nunique() == len(set(ids))
    flipped = bytes([KEY[0] ^ (other or 1)]) + KEY[1:]
    for key, purpose in ((flipped, "study"), (KEY, "study 2")):
        assert not set(one) & set(pseudonymise(ids, key=key, purpose=purpose))


def test_index_and_name_are_kept_and_numbers_are_their_digits():
    ids = pd.Series([7, 8, 7], index=[3, 1, 2], name="customer_id")
    found = pseudonymise(ids, key=KEY, purpose="study")
    assert found.index.tolist() == [3, 1, 2]
    assert found.name == "customer_id"
    assert found.iloc[0] == found.iloc[2] != found.iloc[1]
    assert found.tolist() == pseudonymise(["7", "8", "7"], key=KEY, purpose="study").tolist()
    assert found.tolist() == pseudonymise(np.array([7, 8, 7]), key=KEY, purpose="study").tolist()
    assert len(pseudonymise([], key=KEY, purpose="study")) == 0


def test_hashes_without_a_key_are_turned_back_and_keyed_ones_are_not():
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        stored = [hashlib.new(algorithm, mail.encode()).hexdigest() for mail in MAILS]
        back = reverse_hashes(stored, [mail.upper() for mail in MAILS[50:]])
        assert back["candidate"].isna().tolist() == [True] * 50 + [False] * 150
        assert back["candidate"].str.lower().tolist()[50:] == MAILS[50:]
        assert set(back["algorithm"]) == {algorithm}
    keyed = pseudonymise(MAILS, key=KEY, purpose="study")
    assert reverse_hashes(keyed, MAILS)["candidate"].isna().all()


def test_whoever_holds_the_key_finds_everybody_again():
    keyed = pseudonymise(MAILS, key=KEY, purpose="study")
    again = dict(zip(pseudonymise(MAILS, key=KEY, purpose="study"), MAILS, strict=True))
    assert [again[pseudonym] for pseudonym in keyed] == MAILS


def test_pseudonyms_leave_customers_as_single_as_they_were(people):
    names = ["postcode_area", "birth_date", "gender"]
    before = measure_anonymity(people, quasi_identifiers=names)
    hidden = people.assign(
        individual_id=pseudonymise(people["individual_id"], key=new_key(), purpose="export")
    )
    after = measure_anonymity(hidden, quasi_identifiers=names, unit="individual_id")
    assert after.share_below(2) == before.share_below(2) > 0.9


def test_a_new_key_is_random_and_accepted():
    keys = {new_key() for _ in range(50)}
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 50
    assert all(len(pseudonymise(["a"], key=key, purpose="study")) == 1 for key in keys)


NEW = "Make one with new_key()."


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, f"key must be bytes, got a NoneType (not shown). {NEW}"),
        ("secret", f"key must be bytes, got a str (not shown). {NEW}"),
        (b"", f"key must have at least 32 bytes, got 0 bytes (not shown). {NEW}"),
        (KEY[:31], f"key must have at least 32 bytes, got 31 bytes (not shown). {NEW}"),
        (bytes(32), f"key must be random, got 32 bytes (not shown) that repeat themselves. {NEW}"),
        (bytes(range(1, 250, 3)),
         f"key must be random, got 83 bytes (not shown) that repeat themselves. {NEW}"),
        (KEY[:16] * 2, f"key must be random, got 32 bytes (not shown) that repeat themselves. {NEW}"),
        (KEY.hex().encode(),
         "key must be random bytes, not written text, got 64 bytes (not shown). Use new_key(); where "
         "a key is written in hexadecimal, use bytes.fromhex."),
    ],
)  # fmt: skip
def test_weak_keys_are_refused_and_never_shown(key, message):
    with pytest.raises(InputError) as refused:
        pseudonymise(["ann@x.org"], key=key, purpose="study")
    assert str(refused.value) == message


CURE = "Leave out rows that are nobody's."
WHOLE = "Convert the column to 'Int64' first, and leave out rows that are nobody's."


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", None], f"got none in row 1. {CURE}"),
        (pd.Series(["a", pd.NA]), f"got none in row 1. {CURE}"),
        ([np.nan], f"got none in row 0. {CURE}"),
        (pd.Series([7, None]), f"got a float in row 0. {WHOLE}"),
        ([np.array([1, 2])], "got a ndarray in row 0. Convert it to text first."),
        ([["a"]], "got a list in row 0. Convert it to text first."),
        (["a", " "], f"got none in row 1. {CURE}"),
        ([7.0], f"got a float in row 0. {WHOLE}"),
        ([True], "got a bool in row 0. Convert it to text first."),
        ([b"a"], "got a bytes in row 0. Convert it to text first."),
    ],
)
def test_ids_that_are_nobodys_are_refused(ids, message):
    with pytest.raises(InputError) as refused:
        pseudonymise(ids, key=KEY, purpose="study")
    assert str(refused.value) == (
        f"ids must be text or whole numbers, none missing or empty, {message}"
    )


ROUND, COLUMN = "Write a list round it.", "Give one of its columns."


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("ann@x.org", f"a str. {ROUND}"),
        (b"ann@x.org", f"a bytes. {ROUND}"),
        (7, f"a int. {ROUND}"),
        (np.array("ann@x.org"), f"a ndarray. {ROUND}"),
        (pd.DataFrame({"email": ["ann@x.org"]}), f"a DataFrame. {COLUMN}"),
        ({"ann@x.org": 1}, f"a dict. {COLUMN}"),
    ],
)
def test_what_iterates_over_something_else_than_ids_is_refused(given, shown):
    calls = {
        "ids": lambda: pseudonymise(given, key=KEY, purpose="study"),
        "hashes": lambda: reverse_hashes(given, MAILS),
        "candidates": lambda: reverse_hashes([], given),
    }
    for parameter, call in calls.items():
        with pytest.raises(InputError) as refused:
            call()
        assert str(refused.value) == f"{parameter} must be one column or a list, got {shown}"


def test_half_a_character_is_refused():
    calls = {
        "ids": (lambda half: pseudonymise(["a", half], key=KEY, purpose="study"), " in row 1"),
        "purpose": (lambda half: pseudonymise(["a"], key=KEY, purpose=half), ""),
        "candidates": (lambda half: reverse_hashes([], ["a", half]), " in row 1"),
    }
    for parameter, (call, where) in calls.items():
        with pytest.raises(InputError) as refused:
            call("\ud800")
        assert str(refused.value) == (
            f"{parameter} must be text that UTF-8 can write, got half a character{where}. Read the "
            "file again with its own encoding."
        )


@pytest.mark.parametrize("purpose", ["", "  ", " study", None, 3])
def test_a_purpose_is_said(purpose):
    with pytest.raises(InputError) as refused:
        pseudonymise(["a"], key=KEY, purpose=purpose)
    assert str(refused.value) == (
        f"purpose must be text without spaces around it, got {purpose!r}. Say what the pseudonyms "
        "are for."
    )


def test_different_ids_that_are_written_alike_are_refused():
    with pytest.raises(InputError) as refused:
        pseudonymise([7, "7", "8"], key=KEY, purpose="study")
    assert str(refused.value) == (
        "ids must be written apart where they differ, got 3 ids written in 2 ways. Give all as text, "
        "or all as numbers."
    )


@pytest.mark.parametrize("value", [None, "xyz", "g" * 64, "a" * 63])
def test_what_is_no_hash_is_refused(value):
    with pytest.raises(InputError) as refused:
        reverse_hashes([value], MAILS)
    assert str(refused.value) == (
        f"hashes must be hexadecimal, of 32, 40, 64, 128 digits, got {value!r:.40} in row 0. Write "
        "the digest in hexadecimal."
    )

"""Pseudonyms by keyed hash, and how hashes without a key are turned back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from numbers import Integral

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError

__all__ = ["new_key", "pseudonymise", "reverse_hashes"]

KEY_BYTES = 32
# Of 32 random bytes some 30 differ; fewer than 20 do in less than one key of a billion.
FEWEST_DIFFERENT = 20
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def new_key() -> bytes:
    """Return a key of 32 bytes from the operating system's source of randomness.

    Keep it apart from the tables it is used on, and from whoever reads them.

    Examples
    --------
    >>> len(new_key())
    32
    """
    return secrets.token_bytes(KEY_BYTES)


def pseudonymise(ids: Iterable[object], *, key: bytes, purpose: str) -> pd.Series:
    """Replace identifiers by pseudonyms that only the key connects with them.

    The same id, key and purpose always give the same pseudonym, so that tables of one purpose can
    be joined. Another purpose gives another: tables of different purposes cannot be joined by it.

    Parameters
    ----------
    ids : Series or iterable of str or int, shape (n,)
        None missing or empty. They are taken as they are: " Ann@x.org" and "ann@x.org" are two.
        A whole number is read as its digits. A table is refused: give one of its columns.
    key : bytes
        At least 32 random bytes, as from `new_key`.
    purpose : str
        What the pseudonyms are for.

    Returns
    -------
    Series of str, shape (n,)
        64 hexadecimal digits each; with the index and the name of `ids` where it is a Series.

    Raises
    ------
    InputError
        Where ids are no column or list, an id is missing, empty or of another type, two different
        ids are written alike, the key is no bytes, too short or not random to the eye, or the
        purpose is empty. No message shows the key. That a key passes does not prove it random.

    Notes
    -----
    The pseudonym is HMAC-SHA256 of the id under a key that is itself the HMAC-SHA256 of the purpose
    under `key`.

    **This is not anonymity.** Rows of one person stay linked to each other, so that what a person
    does singles the person out; quasi-identifiers in the table do so all the same; and whoever
    holds the key finds everybody again by hashing a list of candidates. Under the GDPR (recital 26)
    such data remain personal data.

    What destroying the key does: nobody can compute a pseudonym from an id any more, neither to
    re-identify nor to join new rows, unless a copy of the key is left. What it does not do: rows
    stay linked, quasi-identifiers stay, tables that hold id and pseudonym side by side stay. Whether
    what remains is anonymous has to be measured on it (`measure_anonymity`).

    References
    ----------
    Krawczyk, Bellare & Canetti (1997), RFC 2104. Article 29 Working Party (2014), Opinion 05/2014 on
    anonymisation techniques.

    Examples
    --------
    >>> key = new_key()
    >>> mail = pseudonymise(["ann@x.org", "bob@x.org"], key=key, purpose="newsletter study")
    >>> again = pseudonymise(["bob@x.org"], key=key, purpose="newsletter study")
    >>> other = pseudonymise(["bob@x.org"], key=key, purpose="churn study")
    >>> mail[1] == again[0], mail[1] == other[0]
    (True, False)
    """
    _check_key(key)
    if not isinstance(purpose, str) or not purpose.strip() or purpose != purpose.strip():
        rule = "must be text without spaces around it"
        raise InputError("purpose", rule, repr(purpose), "Say what the pseudonyms are for.")
    _check_utf8("purpose", purpose, "")
    _check_several("ids", ids)
    column = ids if isinstance(ids, pd.Series) else pd.Series(list(ids), dtype=object)
    texts = [_text(place, value) for place, value in enumerate(column)]
    subkey = _digest(key, purpose)
    known = {text: _digest(subkey, text).hex() for text in dict.fromkeys(texts)}
    _check_apart(column, known)
    pseudonyms = [known[text] for text in texts]
    return pd.Series(pseudonyms, index=column.index, name=column.name, dtype="str")


def reverse_hashes(hashes: Iterable[str], candidates: Iterable[object]) -> pd.DataFrame:
    """Find the ids behind hashes without a key by hashing a list of candidates.

    Lists of e-mail addresses can be bought, and all telephone numbers of a country can be counted
    through: a hash hides nothing that can be listed. Each candidate is tried as it is and in lower
    case, without spaces around it.

    Parameters
    ----------
    hashes : iterable of str, shape (n,)
        Hexadecimal; the length says which of MD5, SHA-1, SHA-256 and SHA-512 it is taken for.
    candidates : iterable of str or int
        Ids that somebody may have.

    Returns
    -------
    DataFrame
        `hash, algorithm, candidate`, one row a hash; the candidate is missing where none matches.
        Keyed pseudonyms look like SHA-256 and match none without the key.

    Raises
    ------
    InputError
        Where hashes or candidates are one text or a table, or a hash is missing, not hexadecimal, or
        of a length that no algorithm here has.

    Examples
    --------
    >>> stored = [hashlib.sha256(b"ann@x.org").hexdigest()]
    >>> reverse_hashes(stored, ["bob@x.org", "Ann@x.org"])["candidate"].tolist()
    ['Ann@x.org']
    """
    _check_several("hashes", hashes)
    _check_several("candidates", candidates)
    wanted = [_hash(place, value) for place, value in enumerate(hashes)]
    algorithms = [_ALGORITHMS[len(value)] for value in wanted]
    open_ones = set(wanted)
    found: dict[str, str] = {}
    for place, candidate in enumerate(candidates):
        text = _text(place, candidate, "candidates")
        for written in dict.fromkeys((text, text.strip(), text.strip().lower())):
            for algorithm in sorted(set(algorithms)):
                digest = hashlib.new(algorithm, written.encode(), usedforsecurity=False).hexdigest()
                if digest in open_ones:
                    found.setdefault(digest, text)
    matched = pd.Series([found.get(value) for value in wanted], dtype="str")
    return pd.DataFrame({"hash": wanted, "algorithm": algorithms, "candidate": matched})


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _check_key(key: object) -> None:
    next_move = "Make one with new_key()."
    if not isinstance(key, bytes):
        shown = f"a {type(key).__name__} (not shown)"
        raise InputError("key", "must be bytes", shown, next_move)
    shown = f"{len(key)} bytes (not shown)"
    if len(key) < KEY_BYTES:
        raise InputError("key", f"must have at least {KEY_BYTES} bytes", shown, next_move)
    if all(32 <= byte < 127 for byte in key):
        rule = "must be random bytes, not written text"
        cure = "Use new_key(); where a key is written in hexadecimal, use bytes.fromhex."
        raise InputError("key", rule, shown, cure)
    steps = np.diff(np.frombuffer(key, dtype=np.uint8))
    if min(len(set(key)), len(set(steps.tolist()))) < FEWEST_DIFFERENT:
        raise InputError("key", "must be random", f"{shown} that repeat themselves", next_move)


def _check_several(parameter: str, given: object) -> None:
    """Refuse what iterates over something else than ids: letters, bytes, names of columns or keys."""
    is_one = isinstance(given, str | bytes) or not np.iterable(given)
    if is_one or isinstance(given, pd.DataFrame | Mapping):
        move = "Write a list round it." if is_one else "Give one of its columns."
        shown = f"a {type(given).__name__}"
        raise InputError(parameter, "must be one column or a list", shown, move)


def _text(place: int, value: object, parameter: str = "ids") -> str:
    if isinstance(value, Integral) and not isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, str) and value.strip():
        _check_utf8(parameter, value, f" in row {place}")
        return value
    is_missing = pd.api.types.is_scalar(value) and pd.isna(value)
    is_empty = is_missing or isinstance(value, str)
    shown = "none" if is_empty else f"a {type(value).__name__}"
    cure = "Leave out rows that are nobody's." if is_empty else "Convert it to text first."
    if isinstance(value, float) and not is_empty:
        # Not to text: the pseudonym of "7.0" is not that of 7.
        cure = "Convert the column to 'Int64' first, and leave out rows that are nobody's."
    rule = "must be text or whole numbers, none missing or empty"
    raise InputError(parameter, rule, f"{shown} in row {place}", cure)


def _check_utf8(parameter: str, text: str, where: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as wrong:
        shown, move = f"half a character{where}", "Read the file again with its own encoding."
        raise InputError(parameter, "must be text that UTF-8 can write", shown, move) from wrong


def _check_apart(column: pd.Series, known: dict[str, str]) -> None:
    different = column.nunique()
    if not different == len(known) == len(set(known.values())):
        rule = "must be written apart where they differ"
        shown = f"{different:,} ids written in {len(known):,} ways"
        raise InputError("ids", rule, shown, "Give all as text, or all as numbers.")


def _hash(place: int, value: object) -> str:
    text = value.strip().lower() if isinstance(value, str) else ""
    if len(text) in _ALGORITHMS and set(text) <= set("0123456789abcdef"):
        return text
    lengths = ", ".join(map(str, _ALGORITHMS))
    rule = f"must be hexadecimal, of {lengths} digits"
    shown = f"{value!r:.40} in row {place}"
    raise InputError("hashes", rule, shown, "Write the digest in hexadecimal.")

"""Names, addresses and numbers of people who do not exist, made only when asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_columns, check_whole
from equipoise._files import text_digest
from equipoise.exceptions import InputError

__all__ = ["identities"]

POOL_SIZE = 2_000
HOUSE_NUMBERS = 180
PHONE_PREFIXES = ("+44 7700 900", "+44 1632 960")
"""Ranges that the British regulator keeps free for fiction; three digits follow."""

CITY_PARTS = (
    "Al Bre Cor Dun El Fal Gra Hel Is Kal Lor Mar Nor Ost Pel Quin Ros Sel Tor Val",
    "da lo mi ne ra ssa the vu xi zo",
    "bruk dorn feld grad heim lund mora nava stad vik",
)
"""Beginnings, middles and ends of invented towns."""


def identities(individuals: pd.DataFrame, *, seed: int, locale: str = "en") -> pd.DataFrame:
    """Return made-up names and addresses for individuals, for lessons that need to see some.

    Who gets what depends on the seed, the number in `individual_id` and the gender alone: not on
    the other rows, their order or the community. Given names are drawn from women's and men's
    names as the gender says, and from either where it is something else. Names and streets come
    from the pools of mimesis, towns are invented. Nothing in it is anyone's: the e-mail addresses
    end in a domain that cannot exist, and the phone numbers are kept free for fiction (there are
    2,000 of them, so many people share one; e-mail addresses are unique).

    Parameters
    ----------
    individuals : pandas.DataFrame, shape (n, columns)
        Needs `individual_id`, which ends in the customer's number, and `gender`.
    seed : int
        Zero or more.
    locale : str
        Where the names come from, such as ``"en"``, ``"de"`` or ``"fr"``.

    Returns
    -------
    pandas.DataFrame, shape (n, 7)
        `individual_id, given_name, family_name, street, city, email, phone`, indexed like
        `individuals`. The same seed gives the same rows as long as mimesis keeps its pools.

    Raises
    ------
    InputError
        If a column is missing, an identifier has no number or shares it with another, or the
        locale is unknown.

    Examples
    --------
    >>> people = pd.DataFrame({"individual_id": ["I0000001"], "gender": ["woman"]})
    >>> identities(people, seed=7).loc[0, "email"].endswith(".1@example.invalid")
    True
    """
    check_columns("individuals", ("individual_id", "gender"), individuals.columns)
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    pools = _pools(check_choice("locale", locale, _locales()))
    numbers = _numbers(individuals["individual_id"])

    def draw(field: str, size: int) -> NDArray[np.intp]:
        return _draws(seed, field, numbers, size)

    gender = _as_drawn(individuals["gender"], draw("pool", 2))
    names = {part: _named(pools, part, gender, draw) for part in ("given", "family")}
    street = _picked(pools["street"], draw("street", len(pools["street"])))
    house = pd.Series(draw("house", HOUSE_NUMBERS) + 1).astype("str")
    local = names["given"][1] + "." + names["family"][1] + "." + pd.Series(numbers).astype("str")
    result = pd.DataFrame(
        {
            "individual_id": individuals["individual_id"].array,
            "given_name": names["given"][0],
            "family_name": names["family"][0],
            "street": street + " " + house,
            "city": _picked(pools["city"], draw("city", len(pools["city"]))),
            "email": local + "@example.invalid",
            "phone": _picked(pools["phone"], draw("phone", len(pools["phone"]))),
        }
    )
    return result.set_axis(individuals.index)


def _locales() -> list[str]:
    from mimesis import Locale

    return [locale.value for locale in Locale]


@lru_cache(maxsize=8)
def _pools(locale: str) -> dict[str, tuple[str, ...]]:
    """Return names by part and gender, streets, towns and phone numbers, in a fixed order."""
    from mimesis import Address, Gender, Locale, Person

    person = Person(Locale(locale), seed=0)
    genders = {"woman": Gender.FEMALE, "man": Gender.MALE}
    pools = {"street": _distinct(Address(Locale(locale), seed=0).street_name)}
    for name, gender in genders.items():
        pools[f"given {name}"] = _distinct(partial(person.first_name, gender))
        pools[f"family {name}"] = _distinct(partial(person.last_name, gender))
    pools["city"] = tuple(map("".join, product(*map(str.split, CITY_PARTS))))
    pools["phone"] = tuple(f"{start}{end:03d}" for start in PHONE_PREFIXES for end in range(1000))
    return pools


def _distinct(draw: Callable[[], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(draw() for _ in range(2 * POOL_SIZE)))[:POOL_SIZE]


def _numbers(ids: pd.Series) -> NDArray[np.uint64]:
    digits = ids.astype("str").str.replace(r"^\D+", "", regex=True)
    numbers = pd.to_numeric(digits.where(digits.str.len() < 18), errors="coerce")
    wrong = numbers.isna() | numbers.duplicated()
    if wrong.any():
        raise InputError(
            "individual_id",
            "must end in a number that nobody else has",
            f"{ids[wrong].tolist()[0]!r} in row {ids.index[wrong].tolist()[0]!r}",
            "Number the individuals, such as 'I0000001'.",
        )
    return np.asarray(numbers, dtype=np.uint64)


def _draws(seed: int, field: str, numbers: NDArray[np.uint64], size: int) -> NDArray[np.intp]:
    """Return for each number a draw in 0..size-1 that depends on seed, field and number alone.

    References
    ----------
    Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators. OOPSLA.
    """
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
        int(text_digest(str(seed), f"identities/{field}")[:16], 16)
    )
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    upper = (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(32)
    return np.asarray((upper * np.uint64(size)) >> np.uint64(32), dtype=np.intp)


def _as_drawn(gender: pd.Series, coin: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say whose names each person draws from: true for women's."""
    either = ~gender.isin(["woman", "man"]).to_numpy()
    stated = gender.isin(["woman"]).to_numpy()
    return np.asarray(np.where(either, coin == 0, stated), dtype=bool)


def _named(
    pools: dict[str, tuple[str, ...]],
    part: str,
    is_woman: NDArray[np.bool_],
    draw: Callable[[str, int], NDArray[np.intp]],
) -> tuple[pd.Series, pd.Series]:
    """Return the names, and the same names as an e-mail address writes them."""
    women, men = pools[f"{part} woman"], pools[f"{part} man"]
    codes = np.where(is_woman, draw(part, len(women)), len(women) + draw(part, len(men)))
    return _picked(women + men, codes), _picked(tuple(map(_ascii, women + men)), codes)


def _picked(pool: tuple[str, ...], codes: NDArray[np.intp]) -> pd.Series:
    return pd.Series(pool, dtype="str").take(codes).reset_index(drop=True)


def _ascii(name: str) -> str:
    """Return the name in the letters a to z; the scripts that have none give "x"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalpha()) or "x"

"""Ledger: every release about the same customers, and what may still be released."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.accounting._book import Book, Spend
from equipoise.privacy.accounting._costs import cost_of
from equipoise.privacy.accounting._decision import Words, allowed, decided
from equipoise.privacy.accounting._entries import entries_frame
from equipoise.privacy.accounting._filters import Budget, Composition
from equipoise.privacy.accounting._opening import opened
from equipoise.privacy.accounting._remaining import Remaining, state, use
from equipoise.privacy.accounting._sources import plan_source, source_of
from equipoise.privacy.accounting._store import Store
from equipoise.privacy.accounting._verification import Verification, verified

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["Ledger"]


class Ledger:
    """An account of releases in a file: check, then spend; a refused spend changes nothing.

    Parameters
    ----------
    path : path
        An SQLite file. A new one needs `epsilon` and `delta`; an existing one is opened by its path
        alone, and refuses other terms than it was opened with. The folder counts in which it was
        opened, and a file that is another one by now is refused.
    epsilon, delta : float
        The cap over all releases. Delta 0 allows pure mechanisms only.
    unit : str, optional
        Whose presence is protected, such as `"customer"`. Without it the first entry settles it: if
        that names nobody, the ledger's unit stays "not named". Events and bare numbers that name no
        unit count as stated for the ledger's, whichever that is. Guarantees of two units are never
        added; one of ids without a name is refused beside other entries, until `spend` is told whose
        they are.
    adjacency : {"add-remove", "replace-one"}, optional
        Of a new ledger; add-remove if not given. In a replace-one ledger an add-remove guarantee
        costs (2 epsilon, (1 + e^epsilon) delta) and twice its mu; an add-remove ledger refuses what
        is replace-one. Bare numbers count as stated for the ledger's adjacency unless they name
        theirs. Events state their noise per largest contribution of one unit, as dp-accounting
        does; a replace-one ledger doubles what one unit moves.
    purposes : mapping of str to (epsilon, delta) or Budget, optional
        A further cap a purpose. Every spend must then name one of them and fit its cap *and* the
        cap over all purposes: the releases are about the same customers, whatever they are for.
    composition : {"basic", "zcdp", "gaussian"}, optional
        How delta is shared between the two filters below. Without it the first entry settles it: a
        guarantee, plan, pure epsilon or spend that brings a delta makes it `"basic"`, Gaussian
        events make it `"gaussian"`, other events of known rho make it `"zcdp"`. Name `"zcdp"` for
        many small pure releases.

    Raises
    ------
    InputError
        For terms that are missing, wrong or different from the file's, and for files that are
        damaged, locked, of a newer version or no ledger.

    See Also
    --------
    pld_epsilon : What a plan costs. `declare` charges it.

    Notes
    -----
    A spend is accepted while at least one of two filters holds after it.

    - *Basic*: the sums of epsilon and of delta stay within the cap.
    - *Squares*: the sum of mu² / 2 (`"gaussian"`) or of rho (`"zcdp"`) stays within the largest one
      that gives the cap's epsilon at the filter's share of delta. A bare (epsilon, delta) with
      positive delta has neither and leaves this filter for good.

    Under `"basic"` the first filter has all of delta and the second is off. Otherwise each has one
    half: a half instead of all costs the second about 6 % of its room at (1, 1e-6).

    *Why this is sound although each release may be chosen after seeing the earlier ones.* Both sums
    only grow, so a filter that is left is left for good. Take two neighbouring tables and any set S
    of transcripts, and split S into those that end inside the filter of squares and those that do
    not, and hence end inside the basic one. For the first part, stop the analyst before the first
    spend that would leave the filter: transcripts inside it are not touched, and the stopped
    analyst is private at (epsilon, its share). The second part likewise. Adding up, P(S) is at most
    e^epsilon P'(S) plus the two shares, which are fixed before any answer is seen: the first entry
    that settles them depends on none. Refusals depend on the recorded numbers alone.

    Each filter alone is sound under adaptive choice: basic sums by Rogers et al. (2016); sums of
    rho by Feldman & Zrnic (2021), as rho-zCDP bounds every Rényi order; sums of mu² by Smith &
    Thakurta (2022). The last has a short proof. A release of ratio mu can be read off a Brownian
    motion, without drift on one table and with drift one on its neighbour, during a time of at most
    mu²; later releases use later stretches, whose lengths may depend on the past. All releases
    together read a path no longer than the sum of mu², which is one Gaussian release of that mu².

    Sums are exact: every number counts as its shortest decimal, so ten times 0.1 is 1, without any
    tolerance. An event without a delta sets a tenth of what is left of the basic filter's delta
    aside; its epsilon follows from that, by an exact conversion if it is Gaussian.

    *Stated promises beside many Gaussian ones.* A bare (epsilon, delta) uses up the filter of squares,
    so that later Gaussian events only add up. Two ledgers share a budget better there: one for what is
    stated and one for Gaussian events, whose epsilons and deltas add up to the budget. That is sound
    however the two are interleaved, as each is (epsilon, delta)-private towards any analyst and such
    interactive mechanisms compose concurrently (Lyu 2022; Vadhan & Zhang 2023).

    The cap of a purpose bounds what its releases add to those of the other purposes. What a
    customer is promised altogether is the cap over all purposes.

    References
    ----------
    Rogers, Roth, Ullman & Vadhan (2016), Privacy odometers and filters. Feldman & Zrnic (2021),
    Individual privacy accounting via a Rényi filter. Smith & Thakurta (2022), Fully adaptive
    composition for Gaussian differential privacy. Canonne, Kamath & Steinke (2020). Lyu (2022),
    Composition theorems for interactive differential privacy. Vadhan & Zhang (2023), Concurrent
    composition theorems for differential privacy.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> ledger = Ledger(Path(folder.name) / "spring.ledger", epsilon=1.0, delta=1e-6)
    >>> spend = ledger.spend(epsilon=0.3, delta=0, what="opt-outs per region")
    >>> ledger.allows(epsilon=0.8, delta=0), ledger.remaining().pure_epsilon
    (False, 0.7)
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | Path,
        epsilon: float | None = None,
        delta: float | None = None,
        *,
        unit: str | None = None,
        adjacency: Adjacency | None = None,
        purposes: Mapping[str, tuple[float, float] | Budget] | None = None,
        composition: Composition | None = None,
    ) -> None:
        if not isinstance(path, str | Path) or str(path) == ":memory:":
            rule, move = "must name a file", "A ledger is kept: use a temporary file to try it."
            raise InputError("path", rule, repr(path), move)
        self.path = Path(path).absolute()
        self._store = Store(self.path)
        self._terms = opened(
            self._store,
            epsilon,
            delta,
            unit=unit,
            adjacency=adjacency,
            purposes=purposes,
            composition=composition,
        )

    def __repr__(self) -> str:
        try:
            book = self._store.book()
        except InputError as problem:
            return f"Ledger({str(self.path)!r}, budget {self.budget}: {problem})"
        terms = f"budget {self.budget}, unit {book.unit}, {self.adjacency}"
        return f"Ledger({str(self.path)!r}, {terms}: {state(book)})"

    @property
    def budget(self) -> Budget:
        """The cap over all releases."""
        return self._terms.budget

    @property
    def adjacency(self) -> Adjacency:
        """Which tables count as neighbours."""
        return self._terms.adjacency

    @property
    def purposes(self) -> dict[str, Budget]:
        """The caps per purpose; empty where purposes are free text."""
        return dict(self._terms.purposes)

    @property
    def unit(self) -> str:
        """Whose presence is protected; "not named" where neither terms nor first entry say it."""
        return self._store.book().unit

    @property
    def composition(self) -> Composition | None:
        """How delta is shared between the filters; None while nothing has settled it."""
        return self._store.book().composition

    def spend(
        self,
        guarantee_or_event: Any = None,
        *,
        epsilon: float | None = None,
        delta: float | None = None,
        what: str | None = None,
        purpose: str | None = None,
        unit: str | None = None,
        adjacency: Adjacency | None = None,
        who: str | None = None,
        plan: int | None = None,
        once: str | None = None,
    ) -> Spend:
        """Record a release before it is made, or refuse it and change nothing.

        Parameters
        ----------
        guarantee_or_event : Guarantee or event of dp_accounting, optional
            What the release promises. Without it, `epsilon` and `delta` are required.
        epsilon, delta : float
            A bare promise; delta 0 for pure mechanisms. With an event, `delta` alone chooses where
            its epsilon is stated.
        what : str, optional
            What is released; the mechanism if not given.
        purpose : str, optional
            What for. Required where the ledger has caps per purpose.
        unit : str, optional
            Whom numbers or an event protect, or whose the nameless ids of a guarantee are.
        adjacency : {"add-remove", "replace-one"}, optional
            For which numbers or an event are stated; the ledger's if not given. Converted as those of
            guarantees are: add-remove numbers cost more in a replace-one ledger.
        who : str, optional
            Who enters it; the operating system's name of the user if not given.
        plan : int, optional
            The number of a declared plan that has paid for this event: it costs nothing more while it
            is left in the plan, and is refused otherwise.
        once : str, optional
            Refuse where an entry's `what` holds this text already: of two processes that record the
            same release at the same time, one is refused.

        Returns
        -------
        Spend

        Raises
        ------
        InputError
            Where the input is wrong, the unit or adjacency is another, the release is a seeded one,
            `once` is there already, or the release does not fit: then the message says what would.

        Examples
        --------
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> ledger = Ledger(Path(folder.name) / "a.ledger", epsilon=1.0, delta=0)
        >>> ledger.spend(epsilon=1.5, delta=0, what="orders per day")
        Traceback (most recent call last):
        equipoise.exceptions.InputError: spend must fit what is left of (epsilon 1, delta 0), got
        (epsilon 1.5, delta 0). Still accepted: epsilon 1 with delta 0.
        >>> folder.cleanup()
        """
        source = source_of(
            guarantee_or_event, epsilon, delta, unit=unit, adjacency=adjacency, plan=plan
        )
        return self._recorded(source, self._words(what, purpose, who), once)

    def declare(
        self,
        events: Any,
        *,
        delta: float,
        what: str,
        purpose: str | None = None,
        unit: str | None = None,
        adjacency: Adjacency | None = None,
        who: str | None = None,
    ) -> Spend:
        """Record a plan before its first event runs, charged once as a bare (epsilon, delta).

        Its events are paid: spend each with `plan=` and the number of this entry, which is refused
        once it is not left in the plan. Spent without it, an event is charged a second time. Nothing
        can check that what runs is what was declared.

        Parameters
        ----------
        events : event of dp_accounting, or several
            All that will be run, with noise fixed now. What is asked may depend on earlier answers, and
            so may the order: the noise of each could be drawn beforehand. What is not run is charged all
            the same.
        delta : float
            In (0, 1); epsilon follows by loss distributions, exactly for Gaussian events: see
            `pld_epsilon`. Rho and mu are kept where all events have one.
        what, purpose, unit, adjacency, who : str
            As in `spend`.
        """
        if not isinstance(what, str):
            raise InputError("what", "must say what is planned", repr(what), "Name the releases.")
        source = plan_source(events, delta, unit, adjacency)
        return self._recorded(source, self._words(what, purpose, who))

    def allows(
        self,
        guarantee_or_event: Any = None,
        *,
        epsilon: float | None = None,
        delta: float | None = None,
        what: str | None = None,
        purpose: str | None = None,
        unit: str | None = None,
        adjacency: Adjacency | None = None,
        plan: int | None = None,
    ) -> bool:
        """Say whether `spend` with these arguments would fit the caps now; nothing is recorded.

        Raises
        ------
        InputError
            Where the input is wrong, or the unit or adjacency is another.
        """
        source = source_of(
            guarantee_or_event, epsilon, delta, unit=unit, adjacency=adjacency, plan=plan
        )
        self._words(what, purpose, None)
        cost = cost_of(source, self.adjacency)
        return allowed(self._store.book(), source, cost, purpose)

    def remaining(self) -> Remaining:
        """Return what the next spend may be at most, exactly, under every cap."""
        return Remaining.of(self._store.book())

    def verify(self, head: str | None = None) -> Verification:
        """Check the file against its own records, and against a head that was kept elsewhere.

        Every record must fit its hash, the hash before it, the unit, mechanism and costs that its
        source gives when they are checked and computed again, and what was left of the caps.

        Parameters
        ----------
        head : str, optional
            The `head` of an earlier verification, kept outside the file.

        Notes
        -----
        Without `head` it cannot see that the last entries were removed. Somebody who can write the
        file can also write a new and consistent one: only a kept head shows that. Releases that
        were made and never recorded are in no file.
        """
        return verified(self._store.rows(), head)

    def frame(self) -> pd.DataFrame:
        """Return one row an entry: the fields of `Spend`, and what it was given.

        `epsilon` and `delta` are what was added to the sums, in the ledger's adjacency; `epsilon_is`
        says where epsilon comes from. An event without a delta has none of its own: its epsilon is
        stated at a tenth of the delta that was left, and what counts in the filter of squares is mu
        or rho. `stated_epsilon`, `stated_delta` and `stated_adjacency` are what was given,
        missing where it was not; `does_not_cover` is that of the guarantee, and `plan` the number
        of the plan that has paid.
        """
        return entries_frame(self._store.book().spends)

    def plot(self) -> Picture:
        """Draw how much of each cap is used after each entry."""
        from equipoise.charts import draw_ledger

        return draw_ledger(use(self._store.book()))

    def _recorded(self, source: dict[str, Any], words: Words, once: str | None = None) -> Spend:
        cost = cost_of(source, self.adjacency)  # slow conversions come before the file is locked

        def entry(book: Book) -> Spend:
            _check_new(book, once)
            return decided(book, source, cost, words)

        return self._store.append(entry)

    def _words(self, what: str | None, purpose: str | None, who: str | None) -> Words:
        for name, value in (("what", what), ("purpose", purpose), ("who", who)):
            if value is not None and not (isinstance(value, str) and value.strip()):
                raise InputError(
                    name, "must be text that says it", repr(value), "Write it in words."
                )
        if self._terms.purposes and purpose is None:
            move = f"Name one of {', '.join(map(repr, self._terms.purposes))}."
            raise InputError("purpose", "is required in this ledger", "None", move)
        if self._terms.purposes:
            check_choice("purpose", str(purpose), self._terms.purposes)
        return Words(what, purpose, _user() if who is None else who)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run without a user
        return "unknown"


def _check_new(book: Book, once: str | None) -> None:
    same = [spend for spend in book.spends if once is not None and once in spend.what]
    if same:
        found = f"entry {same[-1].number} of {same[-1].time}"
        move = "It was recorded before, perhaps just now by another process: use that release."
        raise InputError("spend", f"must be the only one of {once!r}", found, move)

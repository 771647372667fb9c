"""The balance: two limits on a sweep, and what they leave to pick."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.charts import balance_figure
from equipoise.lab._balance_static import (
    CONFIRM_CAPTION,
    STYLE,
    TABLE_CAPTION,
    StaticBalance,
    static_of,
    table_html,
)
from equipoise.lab._balance_view import BalanceState, BalanceView, balance_view
from equipoise.lab._balance_words import NAMES
from equipoise.lab._extra import check_extra
from equipoise.lab._manners import BOX, SPOKEN, manners
from equipoise.tradeoff import Sweep
from equipoise.tradeoff.facts import GAPS

if TYPE_CHECKING:
    from ipywidgets import VBox

__all__ = ["Balance", "balance", "epsilon_options", "figure_bundle"]

_PLOTLY = "application/vnd.plotly.v1+json"
_ASKED = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # limits people name, swept or not
_NO_GAP_LIMIT = 1.0  # no gap is larger
READING = (
    "Filled marks are within the limits, hollow ones outside; the ring is the pick. Bars run from the "
    "lowest to the highest seed: noise and training, not other customers. The tables say the same."
)


def balance(
    sweep: Sweep,
    *,
    epsilon_limit: float = math.inf,
    gap_limit: float = math.inf,
    gap: str = "selection_gap",
) -> Balance:
    """Explore which policy stated limits leave, what it earns and what they gave up.

    Parameters
    ----------
    sweep : Sweep
        Read as it is; nothing is trained and nothing leaves the machine.
    epsilon_limit, gap_limit, gap
        The limits at the start, as in `BalanceState`; by default none. The controls take a
        `gap_limit` of 1 or more for no limit.

    Returns
    -------
    Balance
        Show it as the last line of a cell. Its `view` is the decision that is on the screen, and
        `static()` is the same without a kernel.

    Raises
    ------
    MissingExtraError
        Where a library of the explorers is not installed; `static_balance` needs none of them.
    """
    return Balance(sweep, BalanceState(epsilon_limit, gap_limit, gap))


class Balance:
    """Controls over `balance_view`, with a picture, a sentence and the table behind the picture.

    Attributes
    ----------
    sweep : Sweep
    view : BalanceView
        What is on the screen.
    epsilon, gap, gap_limit : ipywidgets
        A list, a list and a number field: each has a label and follows the arrow keys.
    said, status, sentence, table : ipywidgets.HTML
        The limits in words, what went wrong (empty if nothing), the sentence and the tables.
    picture : ipywidgets.Output
        Holds the current plotly figure and nothing older.
    """

    def __init__(self, sweep: Sweep, state: BalanceState) -> None:
        check_extra()
        import ipywidgets as widgets

        self.sweep = sweep
        wide = {"style": {"description_width": "initial"}, "layout": {"width": "min(20rem, 95%)"}}
        self.epsilon = widgets.Dropdown(
            description="Epsilon limit",
            options=epsilon_options(sweep, state.epsilon_limit),
            value=state.epsilon_limit,
            **wide,
        )
        self.gap = widgets.Dropdown(
            description="Gap to limit",
            options=[(NAMES[name], name) for name in GAPS],
            value=state.gap,
            **wide,
        )
        self.gap_limit = widgets.BoundedFloatText(
            description="Gap limit (1: no limit)",
            value=min(state.gap_limit, _NO_GAP_LIMIT),
            min=0.0,
            max=_NO_GAP_LIMIT,
            step=0.01,
            **wide,
        )
        # What the controls say: they cannot hold every state, such as a gap limit above 1.
        self.view = balance_view(sweep, self.state)
        self._seen = {self.view.state: self.view}
        self.said, self.status, self.sentence, self.table = (widgets.HTML() for _ in range(4))
        # The height is kept while the next picture is drawn, so that the page does not jump.
        self.picture = widgets.Output(layout={"min_height": "690px"})
        controls = widgets.Box(
            [self.epsilon, self.gap, self.gap_limit], layout={"flex_flow": "row wrap"}
        )
        self.sentence.add_class(SPOKEN)
        self.status.add_class(SPOKEN)
        self.box: VBox = widgets.VBox(
            [controls, self.said, self.status, self.sentence, self.picture, self.table, manners()]
        )
        self.box.add_class(BOX)
        self._show(self.view)
        for control in (self.epsilon, self.gap, self.gap_limit):
            control.observe(self._changed, names="value")

    @property
    def state(self) -> BalanceState:
        """What the controls say now."""
        limit = float(self.gap_limit.value)
        return BalanceState(
            float(self.epsilon.value),
            math.inf if limit >= _NO_GAP_LIMIT else limit,
            str(self.gap.value),
        )

    def static(self) -> StaticBalance:
        """Return what is on the screen as self-contained HTML, for places without a kernel."""
        return static_of(self.sweep, self.view)

    def _changed(self, _: object) -> None:
        # An exception inside an observer is swallowed by the front end: say it where people look.
        try:
            state = self.state
            if state not in self._seen:
                self._seen[state] = balance_view(self.sweep, state)
            self._show(self._seen[state])
        except Exception as problem:
            self._say(
                f"These limits could not be shown: {type(problem).__name__}: {problem} "
                "What follows belongs to the last limits that could."
            )

    def _say(self, problem: str) -> None:
        self.status.value = _html("problem", problem) if problem else ""
        self.status.layout.display = "" if problem else "none"

    def _show(self, view: BalanceView) -> None:
        bundle = figure_bundle(
            view, self.sweep.titles
        )  # before anything changes: all of the screen moves, or none
        self.view = view
        self.said.value = _html("limits", f"Limits. {view.limits}")
        self._say("")
        self.sentence.value = _html("said", view.sentence)
        self.picture.outputs = (
            {"output_type": "display_data", "data": bundle, "metadata": {}},
        )  # fmt: skip
        tables = table_html(view.confirm, CONFIRM_CAPTION) + table_html(view.table, TABLE_CAPTION)
        self.table.value = (
            f'{STYLE}<div class="equipoise-balance"><p>{READING}</p>{tables}'
            f"<p>{escape(view.choice.internal)}</p></div>"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Live where widgets work; elsewhere the same picture, sentence and table stand still."""
        live = self.box._repr_mimebundle_()
        return {
            **live,
            "text/plain": f"{self.view.title}. {self.view.sentence}",
            "text/html": self.static().fragment(),
        }


def epsilon_options(sweep: Sweep, chosen: float) -> list[tuple[str, float]]:
    """Return the limits on offer, strictest first: those swept, usual ones between, and none."""
    swept = sorted(e for e in sweep.rows["epsilon"].unique() if np.isfinite(e))
    usual = [e for e in _ASKED if swept and swept[0] < e < swept[-1]]
    offered = sorted({*map(float, swept), *usual, chosen} - {math.inf})
    return [(f"at most {e:g}", e) for e in offered] + [("no limit", math.inf)]


def figure_bundle(view: BalanceView, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return the picture as JupyterLab draws it itself: data only, no script and no address."""
    figure = balance_figure(
        view.policies,
        larger=view.choice.maximise,
        gap=view.state.gap,
        epsilon_limit=view.state.epsilon_limit,
        gap_limit=view.state.gap_limit,
        pick=view.choice.policy,
        title=view.title,
        titles=titles,
    )
    drawn = json.loads(figure.to_json())
    drawn["config"] = {"displayModeBar": False, "responsive": True}
    return {_PLOTLY: drawn, "text/plain": f"{view.title}. {view.sentence}"}


def _html(kind: str, text: str) -> str:
    return f'{STYLE}<div class="equipoise-balance"><p class="{kind}">{escape(text)}</p></div>'

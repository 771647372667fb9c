"""See it move: explorers that answer one decision question each.

An explorer is controls over a pure function from a state to a view. The view alone (its sentence
and its frames) needs no widget; the same limits give the same decision as `equipoise.choose`.

    from equipoise import lab

    lab.balance(sweep)                                    # in a notebook
    lab.balance_view(sweep, lab.BalanceState(2, 0.1)).sentence
    lab.static_balance(sweep).save("balance.html")        # without a kernel
"""

from equipoise.lab._balance import Balance, balance
from equipoise.lab._balance_static import StaticBalance, static_balance
from equipoise.lab._balance_view import BalanceState, BalanceView, balance_view

__all__ = [
    "balance",
    "Balance",
    "balance_view",
    "BalanceState",
    "BalanceView",
    "static_balance",
    "StaticBalance",
]

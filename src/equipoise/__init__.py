"""Ethical AI in CRM: a hands-on course and a trade-off laboratory.

Customers give consent, a model personalises, someone is left out and something can leak; here
each of these is measured beside its uncertainty, and weighed. Import this package alone and
nothing else is loaded: every name below fetches its chapter when it is first used.

    import equipoise as eq

    task = eq.read_task("telco.yaml")
    results = eq.sweep(task, eq.Plan(epsilons=(0.3, 1.0, float("inf")), delta=1e-6, seeds=5))
    eq.choose(results, limits={"epsilon": 2, "selection_gap": 0.1})
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equipoise import consent, course, crm, fairness, lab, models, privacy
    from equipoise.crm import load_crm, make_crm
    from equipoise.fairness import audit
    from equipoise.task import read_task
    from equipoise.tradeoff import Plan, choose, sweep

    __version__: str

__all__ = [
    "__version__",
    "crm",
    "make_crm",
    "load_crm",
    "consent",
    "read_task",
    "models",
    "fairness",
    "audit",
    "privacy",
    "Plan",
    "sweep",
    "choose",
    "lab",
    "course",
]

_CHAPTERS = {"crm", "consent", "models", "fairness", "privacy", "lab", "course"}
_HOME = {
    "make_crm": "equipoise.crm",
    "load_crm": "equipoise.crm",
    "read_task": "equipoise.task",
    "audit": "equipoise.fairness",
    "Plan": "equipoise.tradeoff",
    "sweep": "equipoise.tradeoff",
    "choose": "equipoise.tradeoff",
}


def __getattr__(name: str) -> object:
    """Fetch a public name from its chapter on first use."""
    value: object
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _CHAPTERS:
        value = import_module(f"equipoise.{name}")
    elif name == "__version__":
        value = import_module("importlib.metadata").version("equipoise")  # 20 ms, rarely wanted
    else:
        raise AttributeError(f"module 'equipoise' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})

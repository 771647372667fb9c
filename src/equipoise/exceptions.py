"""Errors that name the cure, and warnings that teach."""

__all__ = [
    "BoundsFromDataWarning",
    "ClippedRowsWarning",
    "DroppedRowsWarning",
    "EquipoiseError",
    "EquipoiseWarning",
    "ExampleValueWarning",
    "InputError",
    "KeptCellWarning",
    "LargeDeltaWarning",
    "LeakSuspectedWarning",
    "MissingExtraError",
    "PolicyFailedWarning",
    "RandomSplitFlattersWarning",
    "StalePolicyError",
    "StalePolicyWarning",
]


class EquipoiseError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(EquipoiseError, ValueError):
    """An argument, a file or a table breaks a stated rule.

    Parameters
    ----------
    parameter : str
        What was given, in the words of the caller (an argument, a column, a key of a file).
    rule : str
        What it must satisfy, continuing the sentence after the parameter.
    value : object
        What was found instead; shown as given.
    next_move : str
        What the reader can do now, as a sentence.

    Examples
    --------
    >>> str(InputError("dose", "must lie in 0..1", 1.5, "Use 1 for the full effect."))
    'dose must lie in 0..1, got 1.5. Use 1 for the full effect.'
    """

    def __init__(self, parameter: str, rule: str, value: object, next_move: str) -> None:
        super().__init__(parameter, rule, value, next_move)
        self.parameter = parameter
        self.rule = rule
        self.value = value
        self.next_move = next_move

    def __str__(self) -> str:
        return f"{self.parameter} {self.rule}, got {self.value}. {self.next_move}"


class StalePolicyError(InputError):
    """A saved decision is not what its sweep decides: the sweep is another one, or says otherwise."""


class MissingExtraError(EquipoiseError, ImportError):
    """A library of an optional part is not installed; the message names the cure."""


class EquipoiseWarning(UserWarning):
    """Base of every warning this package gives."""


class BoundsFromDataWarning(EquipoiseWarning):
    """Bounds or categories were read off the customers themselves.

    A minimum, a maximum or a rare category is a fact about single people. A guarantee
    that starts from such bounds does not cover them, and says so.
    """


class ClippedRowsWarning(EquipoiseWarning):
    """More than a trace of the rows lies outside the declared bounds.

    Clipping keeps the guarantee; the bounds may still describe another population.
    """


class DroppedRowsWarning(EquipoiseWarning):
    """More than a trace of the rows was left out, so that no customer counts too often.

    Bounding the rows of a customer keeps the guarantee; the statistic is one of the kept rows, in
    which customers with many rows weigh less.
    """


class KeptCellWarning(EquipoiseWarning):
    """A finished cell of a sweep could not be read back, or could not be kept.

    The sweep is none the worse: what is damaged is computed again. Only time is lost.
    """


class LeakSuspectedWarning(EquipoiseWarning):
    """A model ranks customers better than their behaviour can be known beforehand.

    The usual cause is a feature that is recorded after the outcome, or because of it.
    """


class LargeDeltaWarning(EquipoiseWarning):
    """Delta is so large that publishing one customer's row would satisfy it."""


class ExampleValueWarning(EquipoiseWarning):
    """The euros of the task are drafted examples that nobody has confirmed."""


class PolicyFailedWarning(EquipoiseWarning):
    """A policy of a sweep broke with one seed, for a reason that nobody foresaw.

    A refusal is an answer: the policy cannot be had. A failure is none. It says nothing about the
    policy, which is left out of every comparison, so a choice made without it may be another one.
    """


class RandomSplitFlattersWarning(EquipoiseWarning):
    """A model looks better on a random split than on later rows, by more than chance.

    Whoever mixes the dates fits on the future as well. A model in use meets only later customers, so
    the figure of the time-ordered split is the one to plan with.
    """


class StalePolicyWarning(EquipoiseWarning):
    """A saved decision was read although the sweep is another one now, or decides otherwise.

    Its limits may still be right; its figures are those of the day it was saved.
    """

"""PlantedBug: what is wrong with something that claims to be private."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

__all__ = ["PlantedBug", "unwrapped"]


@dataclass(frozen=True)
class PlantedBug:
    """Something that claims epsilon 1 and, but for the sound ones, does not keep it.

    Attributes
    ----------
    name : str
        What kind of bug.
    kind : {"query", "learner"}
        Whether it releases sums or a model.
    wrong : str
        What is wrong, in one sentence; for a sound one, what is right.
    seen : str
        Where the like was seen; empty where no public case is known to us.
    subject : query or learner
        What the checks look at; they take the bug as a whole, too.
    sound : bool
        Whether it keeps its claim: checks that refute it raise a false alarm.
    """

    name: str
    kind: Literal["query", "learner"]
    wrong: str
    seen: str
    subject: Any
    sound: bool = False

    @classmethod
    def of(cls, subject: Any, *, sound: bool = False) -> Self:
        """Return what is told by the class of a study subject: its `name`, `wrong` and `seen`."""
        kind: Literal["query", "learner"] = "learner" if hasattr(subject, "fit") else "query"
        return cls(subject.name, kind, subject.wrong, subject.seen, subject, sound)

    def __str__(self) -> str:
        seen = f" Seen: {self.seen}." if self.seen else ""
        return f"{self.name} ({self.kind}). {self.wrong}{seen}"


def unwrapped(subject: Any) -> Any:
    """Return what a planted bug is about; anything else as it is."""
    return subject.subject if isinstance(subject, PlantedBug) else subject

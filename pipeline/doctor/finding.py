"""A finding of a check, and how to repair it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "note", "problem", "fixed"]
Check = Callable[[Sequence[str]], Iterator["Finding"]]
"""Takes the names of the models to look at, none for all; yields what it finds."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check has looked at.

    Attributes:
        status: problem: something does not work or soon will not; note: worth knowing.
        found: what is there, a clause.
        expected: what should be there; empty where `found` says it all.
        action: what to do about it; empty when there is nothing to do.
        repair: does it, if that is safe without asking.
        check: name of the check; the run fills it in.
    """

    subject: str
    status: Status
    found: str
    expected: str = ""
    action: str = ""
    repair: Callable[[], object] | None = field(default=None, compare=False, repr=False)
    check: str = ""

    @property
    def fixable(self) -> bool:
        return self.repair is not None

    def as_json(self) -> dict[str, Any]:
        """Plain values only."""
        names = ("check", "subject", "status", "found", "expected", "action", "fixable")
        return {name: getattr(self, name) for name in names}


def describe_error(err: BaseException) -> str:
    """Why something failed, in one line; a failed connection comes with a page of wrappings."""
    text = str(err).strip() or type(err).__name__
    return text.splitlines()[0][:300]

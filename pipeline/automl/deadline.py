"""Tracks the wall-clock budget of a run, and how much of it the search may use."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from pipeline.errors import UsageError

SEARCH_SHARE = 0.6
"""Share of a budget that the search may use; the rest is for fit, export, proof, report, store."""

LEAST, MOST = 1.0, 7 * 24 * 3600.0
"""Bounds of a budget in seconds: less ends before a model is fitted, more is a typing error."""

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([smh]?)", re.ASCII)


@dataclass(frozen=True)
class Deadline:
    """A budget that runs from its creation on, by a monotonic clock.

    The search ends in time; the stages after it are finished whatever they take, so a run may end
    after its budget. Whoever must have the machine back then ends the process.

    Attributes:
        started: when it began, on the monotonic clock.
        share: what the search may use of it.
    """

    seconds: float
    started: float = field(default_factory=time.monotonic)
    share: float = SEARCH_SHARE

    @classmethod
    def of(cls, budget: str | None, started: float) -> Deadline | None:
        """From the flag of a command that began at `started`; None for a search without an end.

        Raises:
            UsageError: the budget is no duration.
        """
        return None if budget is None else cls(parse_duration(budget), started)

    @property
    def search_until(self) -> float:
        """When the search's share is used up, on the monotonic clock."""
        return self.started + self.share * self.seconds

    def search_remaining(self) -> float:
        """Seconds left of the search's share; negative when it is used up."""
        return self.search_until - time.monotonic()


def parse_duration(text: str) -> float:
    """A duration as people write it: `90s`, `30m`, `1.5h`, or a plain number of seconds.

    Raises:
        UsageError: anything else, or a duration outside `LEAST` to `MOST`.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(
            f"budget: got {text!r}, expected a duration such as 90s, 30m or 2h",
            hint="A number without a unit counts seconds",
        )
    seconds = float(found[1]) * _SECONDS[found[2]]
    if not LEAST <= seconds <= MOST:
        raise UsageError(
            f"budget: got {text!r} ({seconds:g} s), expected {format_duration(LEAST)} to "
            f"{format_duration(MOST)}",
            hint="Leave the budget out for a search without an end",
        )
    return seconds


def format_duration(seconds: float) -> str:
    """A duration in its largest whole unit: `90s`, `30m`, `2h`."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"

"""Alarms of the audit, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["amber", "red"]
WORDS = {"red": "the model is probably wrong", "amber": "look before you use the model"}
"""What a level means, for people."""


@dataclass(frozen=True)
class Alarm:
    """One reason to doubt that a model is right.

    Attributes:
        level: red where the score is probably not real, amber where a person should look.
        columns: the columns concerned; empty where it concerns the whole model.
        text: what was found, one or two sentences with figures.
        todo: what to do about it, a sentence.
    """

    check: str
    level: Level
    columns: tuple[str, ...]
    text: str
    todo: str


@dataclass(frozen=True)
class Audit:
    """What was checked and found; no check at all for trainings from before there was an audit."""

    checks: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    @property
    def level(self) -> Literal["clean", "amber", "red"]:
        """The worst of all alarms."""
        levels = {alarm.level for alarm in self.alarms}
        return "red" if "red" in levels else "amber" if levels else "clean"

    @property
    def text(self) -> str:
        """One line without a full stop."""
        if not self.alarms:
            return f"{len(self.checks)} checks, nothing found"
        found = ", ".join(dict.fromkeys(alarm.check for alarm in self.alarms))
        return f"{self.level}, {WORDS[self.level]}: {found}"

    @property
    def lines(self) -> tuple[str, ...]:
        """A line per alarm, and what they come to; nothing where nobody looked."""
        texts = (f"{a.level.upper()}, {a.check}: {a.text} {a.todo}" for a in self.alarms)
        return (*texts, self.text) if self.checks else ()

    @property
    def record(self) -> dict[str, Any]:
        """Plain values for JSON and templates."""
        alarms = [asdict(alarm) for alarm in self.alarms]
        return {
            "level": self.level,
            "text": self.text,
            "meaning": WORDS.get(self.level, ""),
            "checks": list(self.checks),
            "alarms": [{**each, "columns": list(each["columns"])} for each in alarms],
        }


def order_by_severity(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """The red ones first, otherwise in their order."""
    return tuple(sorted(alarms, key=lambda alarm: alarm.level != "red"))

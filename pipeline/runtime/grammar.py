"""Parses the text of one cell, by how the cells of its column are written.

Training infers the grammar, and training and scoring read by it. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from pipeline.manifest.columns import Cells

NAT = -(2**63)
"""A missing date, as numpy writes NaT in an int64."""

SPACES = " \u00a0\u2009\u202f"
"""What stands between groups of digits, or between a number and its sign."""
APOSTROPHES = "'\u2019"

_EPOCH = date(1970, 1, 1).toordinal()
SECOND = 10**9
YEARS = range(1678, 2262)
"""What int64 nanoseconds hold as a whole."""
_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?: ?(?P<half>[AaPp])[Mm])?"
)
_ZONE = r"(?: ?(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
_FIELDS = {
    "%Y": "(?P<year>[0-9]{4})",
    "%m": "(?P<month>[0-9]{1,2})",
    "%d": "(?P<day>[0-9]{1,2})",
}
ISO = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?" + _ZONE + ")?"
)
"""A date of any date column; these patterns mean the same in every language with `[0-9]`."""
PLAIN = re.compile(r"[ \t]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*")


def is_plain(cells: Cells) -> bool:
    """Whether numbers are written as Python writes them."""
    return not (cells.signs or cells.thousands) and cells.decimal == "."


def parse_number(text: str, cells: Cells) -> float | None:
    """The number that a text is; None if it is none. May be infinite: "1e999".

    Signs and separators between groups of digits may be left out; groups have three digits, and
    the first begins with no zero: "0.123" is a fraction whatever stands between thousands.
    """
    if is_plain(cells):
        return float(text) if PLAIN.fullmatch(text) else None
    found = number_pattern(cells).fullmatch(text.strip(SPACES + "\t"))
    if found is None or (found["before"] and found["behind"]):
        return None
    digits = found["digits"]
    for separator in cells.thousands:
        digits = digits.replace(separator, "")
    minus = "-" if "-" in (found["before"], found["behind"]) else ""
    return float(minus + digits.replace(cells.decimal, "."))


def parse_day(text: str, cells: Cells) -> int | None:
    """The date that a text is, as nanoseconds since 1970 in UTC; None if it is none.

    ISO 8601 is taken in any case: a day, optionally a time, optionally a zone. A format of year,
    month and day may be followed by a time; any other is read as `strptime` reads it.

    Returns:
        `NAT` for what is written as a date and is none of the calendar, or beyond the years 1678
        to 2261.
    """
    text = text.strip()
    found = match_date(text, cells)
    if found is None and cells.dates and date_pattern(cells.dates) is None:
        return _by_strptime(text, cells.dates)
    return None if found is None else _nanoseconds(found)


def match_date(text: str, cells: Cells) -> re.Match[str] | None:
    """The parts of a text without blanks around it that is written as a date; else None.

    None as well for formats of other parts than year, month and day, which `strptime` reads.
    """
    found = ISO.fullmatch(text)
    pattern = date_pattern(cells.dates) if found is None and cells.dates else None
    return pattern.fullmatch(text) if pattern else found


def spell_text(text: str, cells: Cells) -> str:
    """The text of a text column: a boolean in any case has one spelling, if the column has any."""
    if cells.true and text.lower() == "true":
        return cells.true
    if cells.false and text.lower() == "false":
        return cells.false
    return text


def spell_value(value: object, cells: Cells) -> str | None:
    """How a typed value is written in a text column; None if it has no one spelling there."""
    if isinstance(value, str):
        return spell_text(value, cells)
    if isinstance(value, bool):
        return (cells.true if value else cells.false) or None
    if isinstance(value, int | float):
        if isinstance(value, float) and not value.is_integer():
            return repr(float(value))
        return str(int(value)) if cells.whole else None
    if isinstance(value, datetime):
        plain = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        at_midnight = plain.time() == time()
        return plain.date().isoformat() if at_midnight else plain.isoformat()
    return value.isoformat() if isinstance(value, date | time) else None


@lru_cache
def number_pattern(cells: Cells) -> re.Pattern[str]:
    """The pattern of numbers that are not written as Python writes them."""
    point = re.escape(cells.decimal)
    whole = "[0-9]+"
    if cells.thousands:
        groups = "|".join(f"(?:{re.escape(mark)}[0-9]{{3}})+" for mark in cells.thousands)
        whole = rf"(?:[1-9][0-9]{{0,2}}(?:{groups})|[0-9]+)"
    signs = "|".join(map(re.escape, sorted(cells.signs, key=len, reverse=True)))
    sign = f"(?:{signs})?" if signs else ""
    space = f"[{SPACES}]{{0,2}}"
    return re.compile(
        rf"(?P<before>[+-]?){space}{sign}{space}(?P<behind>[+-]?){space}"
        rf"(?P<digits>(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?)"
        rf"{space}{sign}"
    )


@lru_cache
def date_pattern(form: str) -> re.Pattern[str] | None:
    """The pattern of a format that has a year, a month and a day alone; None for any other."""
    parts = re.split("(%.)", form)
    if sorted(part for part in parts if part.startswith("%")) != ["%Y", "%d", "%m"]:
        return None
    day = "".join(_FIELDS.get(part) or re.escape(part) for part in parts)
    return re.compile(rf"{day}(?:,?[Tt ] ?{_CLOCK}{_ZONE})?")


def _nanoseconds(found: re.Match[str]) -> int:
    hour, minute = int(found["hour"] or 0), int(found["minute"] or 0)
    second = int(found["second"] or 0)
    if half := found.groupdict().get("half"):
        if not 1 <= hour <= 12:
            return NAT
        hour = hour % 12 + 12 * (half in "Pp")
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if year not in YEARS or hour > 23 or minute > 59 or second > 59:
        return NAT
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:  # no day of the calendar
        return NAT
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - _offset(found["zone"])
    return seconds * SECOND + int((found["fraction"] or "").ljust(9, "0"))


def _offset(zone: str | None) -> int:
    """Seconds that a zone is ahead of UTC."""
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _by_strptime(text: str, form: str) -> int | None:
    try:
        moment = datetime.strptime(text, form)
    except ValueError as err:
        # strptime tells a text of another form from a day that is none by its words alone
        is_other = str(err).startswith(("time data", "unconverted data"))
        return None if is_other else NAT
    if moment.year not in YEARS:
        return NAT
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000


def find_worded_date(feed: Mapping[str, Any]) -> tuple[str, str] | None:
    """A date column and its format that no pattern reads, such as one with names of months.

    Args:
        feed: the feed contract of a manifest.
    """
    for name, grammars in feed["grammars"].items():
        for grammar in grammars:
            if "strptime" in grammar:
                return name, grammar["strptime"]
    return None

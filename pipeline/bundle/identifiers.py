"""Names of columns as identifiers of a language, and texts as its literals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

# Java reads \u000a before it reads the literal: line ends must be escaped by their letters
_ESCAPES: Mapping[str, str] = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def name_fields(columns: Sequence[str], reserved: Collection[str] = ()) -> list[str]:
    """An identifier of lower-case words for each column: "body mass [kg]" is body_mass_kg.

    No two are the same, and none begins with a digit or is reserved, whatever the case.
    """
    taken: set[str] = set()
    return [_unique(_plain(column, reserved), taken) for column in columns]


def to_camel(field: str) -> str:
    """body_mass_kg as BodyMassKg."""
    return "".join(part[:1].upper() + part[1:] for part in field.split("_"))


def quote_text(text: str) -> str:
    """A text as a literal of Java and C#, in ASCII; control characters in UTF-16 as well."""
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if " " <= sign <= "~":
        return sign
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[k : k + 4]}" for k in range(0, len(units), 4))


def _plain(column: str, reserved: Collection[str]) -> str:
    letters = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode().lower()
    field = re.sub("[^a-z0-9]+", "_", letters).strip("_") or "column"
    return f"column_{field}" if field[0].isdigit() or field in reserved else field


def _unique(field: str, taken: set[str]) -> str:
    # to_camel must tell them apart as well: a_1 and a1 are two fields, A1 would be one
    free, number = field, 2
    while free.replace("_", "") in taken:
        free, number = f"{field}_{number}", number + 1
    taken.add(free.replace("_", ""))
    return free

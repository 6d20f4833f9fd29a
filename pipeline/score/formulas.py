"""Escapes cells that a spreadsheet would run as formulas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_NUMBER = r"[+-]?[.,]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?%?"
"""Digits and what stands between them: as a formula it is the number that it is."""
_FORMULA = re.compile(rf"(?!{_NUMBER}\Z)[=+\-@＝＋－＠\t\r\n]")


def escape_cells(cells: Iterable[Any]) -> list[Any]:
    """Cells with an apostrophe before each text that begins as a formula does.

    That is = + - @, also in full width, a tab or a line break. A text that is a number stays, and
    so does everything that is no text.
    """
    return [f"'{c}" if isinstance(c, str) and _FORMULA.match(c) else c for c in cells]

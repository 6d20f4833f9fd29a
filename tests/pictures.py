"""Blank pictures for reports at which no test looks: they take half of a small training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


def leave_blank(patch: pytest.MonkeyPatch) -> None:
    """Let every figure be made and laid out as it is, and matplotlib paint nothing of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    unpainted: Any = FigureCanvasAgg.get_renderer
    patch.setattr(FigureCanvasAgg, "draw", unpainted)


@contextmanager
def blank() -> Iterator[None]:
    """The same for some lines."""
    with pytest.MonkeyPatch.context() as patch:
        leave_blank(patch)
        yield

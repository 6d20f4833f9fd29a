"""Report, drawings: what a chapter of the report measures of a run and what it draws of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from pipeline.report.charts import Scheme
    from pipeline.tracking.evidence import Training

Tables = Mapping[str, "pd.DataFrame"]
"""The tables of an artifact folder by file name, such as `holdout.parquet`."""

Facts = Mapping[str, Any]
"""What `facts.facts` gathered: text, numbers and lists only."""


@dataclass(frozen=True)
class Drawing:
    """One picture before it is drawn.

    Attributes:
        name: of its file, without suffix.
        section: of the page that shows it: metrics, segments, importance, dependence or data.
        draw: on axes, in the colours of a scheme.
        size: width and height in inches.
    """

    name: str
    section: str
    caption: str
    draw: Callable[[Axes, Scheme], None]
    size: tuple[float, float] = (6.0, 4.6)


def _nothing(_: Training) -> Mapping[str, pd.DataFrame]:
    return {}


@dataclass(frozen=True)
class Chapter:
    """A part of the report: what it keeps of a run, and what it draws from what was kept.

    Attributes:
        drawings: pictures of kept tables; nothing but files of the folder is at hand then.
        measure: tables by file name, taken while the trained model is at hand. *.json is a table
            that MLflow shows, *.parquet one too large for that.
    """

    drawings: Callable[[Facts, Tables], Iterator[Drawing]]
    measure: Callable[[Training], Mapping[str, pd.DataFrame]] = _nothing

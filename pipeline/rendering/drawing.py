"""A picture before it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.rendering.charts import Scheme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Tables = Mapping[str, "pd.DataFrame"]
"""The tables of an artifact folder by file name, such as `holdout.parquet`."""

ReportContext = Mapping[str, Any]
"""What `pipeline.report.context.collect_facts` gathered: text, numbers and lists only."""


@dataclass(frozen=True)
class Drawing:
    """One picture before it is drawn.

    Attributes:
        name: of its file, without suffix.
        section: of the page that shows it.
        draw: on axes, in the colours of a scheme.
        size: width and height in inches.
    """

    name: str
    section: str
    caption: str
    draw: Callable[[Axes, Scheme], None]
    size: tuple[float, float] = (6.0, 4.6)

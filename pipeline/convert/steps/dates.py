"""Converts calendar features of date columns, in 64-bit integer arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, INT64, Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Cell, Column, Date
from pipeline.errors import ConversionError

NAT = np.iinfo(np.int64).min
SECOND = 10**9
DAY = 86_400 * SECOND

MOST_MISSING = 0.1
"""Beyond this share of a batch PyCaret leaves a date's features out."""

# The proleptic Gregorian calendar repeats every 400 years. Counting years from 1 March puts the
# leap day last, which makes month lengths a linear formula (Howard Hinnant, "chrono-Compatible
# Low-Level Date Algorithms", civil_from_days).
DAYS_TO_1970 = 719_468
ERA = 146_097
FOUR_YEARS = 1_461
CENTURY = 36_524
MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Calendar:
    """The civil date of (N, 1) int64 nanoseconds since 1970; each part is (N, 1) int64."""

    def __init__(self, graph: Graph, nanoseconds: Tensor) -> None:
        self.graph = graph
        self.time = self._modulo(nanoseconds, DAY)
        truncated = nanoseconds / DAY
        # Not (nanoseconds - time) / DAY, which overflows on the first day that int64 can hold.
        self.days = truncated - (truncated * DAY > nanoseconds).cast(INT64)
        self.year, self.month, self.day = self._civil()

    def _modulo(self, x: Tensor, divisor: int) -> Tensor:
        """Remainder with the sign of the divisor, so that times before 1970 work too."""
        return self.graph.binary("Mod", x, divisor)

    def _civil(self) -> tuple[Tensor, Tensor, Tensor]:
        shifted = self.days + DAYS_TO_1970
        day_of_era = self._modulo(shifted, ERA)
        era = (shifted - day_of_era) / ERA
        leap_days = day_of_era / (FOUR_YEARS - 1) - day_of_era / CENTURY + day_of_era / (ERA - 1)
        year_of_era = (day_of_era - leap_days) / 365
        leap_days_before = year_of_era / 4 - year_of_era / 100
        day_of_year = day_of_era - (year_of_era * 365 + leap_days_before)
        march_month = (day_of_year * 5 + 2) / 153
        day = day_of_year - (march_month * 153 + 2) / 5 + 1
        self._march_day = day_of_year
        early = march_month < 10
        month = self.graph.where(early, march_month + 3, march_month - 9)
        year = year_of_era + era * 400 + (~early).cast(INT64)
        return year, month, day

    def weekday(self) -> Tensor:
        """Monday is 0; 1 January 1970 was a Thursday."""
        return self._modulo(self.days + 3, 7)

    def quarter(self) -> Tensor:
        return (self.month + 2) / 3

    def is_leap_year(self) -> Tensor:
        fourth, hundredth, era = (self._modulo(self.year, n).equal(0) for n in (4, 100, 400))
        return fourth & (~hundredth | era)

    def day_of_year(self) -> Tensor:
        """From 1; the years here begin on 1 March, which is day 60 or 61."""
        from_march = self._march_day + 60 + self.is_leap_year().cast(INT64)
        return self.graph.where(self.month > 2, from_march, self._march_day - 305)

    def days_in_month(self) -> Tensor:
        usual = self.graph.constant(np.array(MONTH_LENGTHS)).gather(self.month - 1, axis=0)
        return usual + (self.month.equal(2) & self.is_leap_year()).cast(INT64)

    def is_start(self, months: int) -> Tensor:
        """Whether it is the first day of a period of so many months."""
        return self.day.equal(1) & self._modulo(self.month, months).equal(1 % months)

    def is_end(self, months: int) -> Tensor:
        """Whether it is the last day of a period of so many months."""
        return self.day.equal(self.days_in_month()) & self._modulo(self.month, months).equal(0)

    def clock(self, unit: int, modulus: int) -> Tensor:
        """A part of the time of day: whole units of nanoseconds, modulo the next larger unit."""
        return self._modulo(self.time / unit, modulus)


FEATURES: Mapping[str, Callable[[Calendar], Tensor]] = {
    "year": lambda c: c.year,
    "month": lambda c: c.month,
    "day": lambda c: c.day,
    "quarter": Calendar.quarter,
    **dict.fromkeys(("weekday", "dayofweek", "day_of_week"), Calendar.weekday),
    **dict.fromkeys(("dayofyear", "day_of_year"), Calendar.day_of_year),
    **dict.fromkeys(("daysinmonth", "days_in_month"), Calendar.days_in_month),
    "hour": lambda c: c.clock(3600 * SECOND, 24),
    "minute": lambda c: c.clock(60 * SECOND, 60),
    "second": lambda c: c.clock(SECOND, 60),
    "microsecond": lambda c: c.clock(1_000, 1_000_000),
    "nanosecond": lambda c: c.clock(1, 1_000),
    "is_month_start": lambda c: c.is_start(1),
    "is_month_end": lambda c: c.is_end(1),
    "is_quarter_start": lambda c: c.is_start(3),
    "is_quarter_end": lambda c: c.is_end(3),
    "is_year_start": lambda c: c.is_start(12),
    "is_year_end": lambda c: c.is_end(12),
    "is_leap_year": Calendar.is_leap_year,
}
"""pandas' names of datetime parts that are numbers, as PyCaret's create_date_columns takes them."""


def lacks_too_many_dates(moments: pd.Series) -> bool:
    """Whether so many of a batch's dates are missing that PyCaret makes no features of them."""
    return bool(moments.isna().sum() > MOST_MISSING * len(moments))


def convert_dates(step: Step) -> dict[str, Column]:
    """each (N, 1) int64 ─civil calendar─► one (N, 1) double per feature.

    A missing date is NaN, and false where the feature is yes or no.

    Raises:
        ConversionError: a feature without a formula, a column that is no date, or one that lacks
            so many dates that PyCaret leaves its features out.
    """
    columns: dict[str, Column] = {}
    for name, column in step.columns.items():
        if not isinstance(column, Date):
            raise ConversionError(f"step {step.name!r}: expected a date in column {name!r}")
        if lacks_too_many_dates(step.before[name]):
            raise ConversionError(
                f"date column {name!r}: more than a tenth of the dates are missing, and PyCaret "
                "then leaves the date's features out",
                hint="fill the missing dates, or leave the column out: ignore_features",
            )
        x = column.source.tensor
        calendar = Calendar(step.graph, x)
        for feature in step.transformer.features:
            part = _formula(feature)(calendar)
            missing = 0.0 if part.dtype == BOOL else np.nan
            value = step.graph.where(x.equal(NAT), np.array([[missing]]), part.cast(DOUBLE))
            columns[f"{name}_{feature}"] = Cell(value, 0, 1)
    return columns


def _formula(feature: str) -> Callable[[Calendar], Tensor]:
    if feature not in FEATURES:
        raise ConversionError(
            f"date feature {feature!r} has no formula here",
            hint=f"choose create_date_columns among {', '.join(FEATURES)}",
        )
    return FEATURES[feature]


CONVERTERS: Mapping[str, StepEntry] = {
    "pycaret.ExtractDateTimeFeatures": StepEntry(
        convert_dates,
        "skl2onnx has no converter",
        does=lambda t: f"takes {', '.join(t.features)} out of the date",
    ),
}

"""What PyCaret itself gets wrong, said in plain words wherever it can touch a run.

Each entry has a section of docs/known-faults.md, with code that reproduces it. A graph answers
what `predict_model` answers, bugs included; so people have to be warned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.convert.support.refused_options import among, of_class, used

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Circumstances:
    """What is known of a run before it trains.

    Attributes:
        setup: arguments of PyCaret's `setup`.
        dates: columns that hold dates.
        odd: names of columns, and of categories that become columns, which LightGBM or XGBoost
            refuses, as a person finds them in the table.
    """

    setup: Mapping[str, Any]
    dates: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A fault of PyCaret that an option or a table lets into a run.

    Attributes:
        section: its heading in docs/known-faults.md.
        applies: whether it can touch a run.
        warning: what happens and what to do, in plain words; {odd} stands for odd names.
    """

    section: str
    applies: Callable[[Circumstances], bool]
    warning: str

    def said(self, known: Circumstances) -> str:
        """The warning, with the names that it is about."""
        return self.warning.format(odd=", ".join(known.odd))


def _set(argument: str, test: Callable[[Any], bool]) -> Callable[[Circumstances], bool]:
    return lambda known: argument in known.setup and test(known.setup[argument])


def _either(*tests: Callable[[Circumstances], bool]) -> Callable[[Circumstances], bool]:
    return lambda known: any(test(known) for test in tests)


def _reads_target(value: Any) -> bool:
    """Whether a setting names one of two encoders, by its class or beside its parameters."""
    if isinstance(value, list):
        return any(map(_reads_target, value))
    named = value if isinstance(value, Mapping) else {"class": value}
    return of_class("LeaveOneOutEncoder", "CatBoostEncoder")(named)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "Iterative imputation fills text columns with numbers",
        _set("imputation_type", among("iterative")),
        "PyCaret's iterative imputation trains the imputers of text columns on wrong columns when "
        "the table also has numbers: a missing text may be filled with another column's number. "
        "The model was trained on that, and the graph repeats it. Prefer imputation_type = "
        '"simple".',
    ),
    Fault(
        "Two encoders read the target of the rows they are scored on",
        _either(_set("encoding_method", _reads_target), _set("custom_pipeline", _reads_target)),
        "PyCaret hands the target to the encoder of categories even where it scores a model, and "
        "LeaveOneOutEncoder and CatBoostEncoder compute with it: the metrics of the leaderboard "
        "and the holdout are far too good, and the model that wins is the one that reads the "
        "target best. New rows have none. Prefer TargetEncoder.",
    ),
    Fault(
        "Drop imputation drops rows when predicting",
        _either(
            _set("numeric_imputation", among("drop")), _set("categorical_imputation", among("drop"))
        ),
        "With drop imputation predict_model returns no row for a row with a missing value, so its "
        "answers no longer line up by place with the rows given to it. The graph answers every "
        "row, those with a missing prediction. Prefer mean, median, mode or a constant.",
    ),
    Fault(
        "A missing text fails the whole batch",
        _set("text_features", used),
        "PyCaret refuses a whole batch as soon as one text is missing in a text feature. "
        "Fill missing texts before training and before scoring.",
    ),
    Fault(
        "Categories with brackets, colons or quotes fail LightGBM and XGBoost",
        lambda known: bool(known.odd),
        "A category becomes a column of its name. LightGBM, which feature_selection asks too, "
        'refuses names with any of " , : [ ] {{ }} or a line break, XGBoost those with [ ] <, and '
        "the table has "
        "{odd}. A model that refuses a name is left out; write these without such characters to "
        "have it compared.",
    ),
    Fault(
        "More than a tenth of the dates missing loses the date's features",
        lambda known: bool(known.dates) or used(known.setup.get("date_features")),
        "PyCaret leaves the features of a date column out when more than a tenth of a batch has "
        "no date, and then predict_model fails; a single row without a date is such a batch. The "
        "graph answers such rows as it does in a batch where few dates are missing.",
    ),
)


def warnings_for(known: Circumstances) -> tuple[str, ...]:
    """What a person should hear before trusting a run, one text for each fault."""
    return tuple(fault.said(known) for fault in FAULTS if fault.applies(known))


CLEANED = frozenset('",:[]{}')
"""Characters that PyCaret takes out of the names of columns."""
LIGHTGBM, XGBOOST = CLEANED | frozenset("\n\r"), frozenset("[]<")
"""Characters that each refuses in the name of a column."""
ONE_HOT = 25
"""PyCaret's max_encoding_ohe: columns with more categories get numbers."""
SHOWN = 3


def odd_names(frame: pd.DataFrame, setup: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns, and categories that become columns, which LightGBM or XGBoost refuses; a few.

    Args:
        frame: (N, F) raw features.
        setup: arguments of PyCaret's `setup`.
    """
    if setup.get("preprocess") is False:
        return ()
    most = setup.get("max_encoding_ohe", ONE_HOT)
    kept = (LIGHTGBM | XGBOOST) - CLEANED
    found = [f"the column {name!r}" for name in frame if kept & set(str(name))]
    coded = {*(setup.get("text_features") or ()), *(setup.get("ordinal_features") or ())}
    for name in frame.select_dtypes(object).columns.difference([*coded], sort=False):
        values = frame[name].dropna().unique()
        if 2 < len(values) <= (len(values) if most < 0 else most):
            odd = [v for v in values if (LIGHTGBM | XGBOOST) & set(str(v))]
            found += [f"{v!r} in {name!r}" for v in odd]
    return (*found[:SHOWN], *([f"{len(found) - SHOWN} more"] if len(found) > SHOWN else []))

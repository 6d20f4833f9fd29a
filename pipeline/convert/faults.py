"""What PyCaret itself gets wrong, said in plain words wherever it can touch a run.

Each entry has a section of docs/known-faults.md, with code that reproduces it. A graph answers
what `predict_model` answers, faults included; so a person has to hear of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.convert.refusals import among, used


@dataclass(frozen=True)
class Circumstances:
    """What is known of a run before it trains.

    Attributes:
        setup: arguments of PyCaret's `setup`.
        dates: columns that hold dates.
    """

    setup: Mapping[str, Any]
    dates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A fault of PyCaret that an option or a table lets into a run.

    Attributes:
        section: its heading in docs/known-faults.md.
        applies: whether it can touch a run.
        warning: what happens and what to do, in plain words.
    """

    section: str
    applies: Callable[[Circumstances], bool]
    warning: str


def _set(argument: str, test: Callable[[Any], bool]) -> Callable[[Circumstances], bool]:
    return lambda known: argument in known.setup and test(known.setup[argument])


def _either(*tests: Callable[[Circumstances], bool]) -> Callable[[Circumstances], bool]:
    return lambda known: any(test(known) for test in tests)


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
        "More than a tenth of the dates missing loses the date's features",
        lambda known: bool(known.dates) or used(known.setup.get("date_features")),
        "PyCaret leaves the features of a date column out when more than a tenth of a batch has "
        "no date, and then predict_model fails; a single row without a date is such a batch. The "
        "graph answers such rows as it does in a batch where few dates are missing.",
    ),
)


def warnings_for(known: Circumstances) -> tuple[str, ...]:
    """What a person should hear before trusting a run, one text for each fault."""
    return tuple(fault.warning for fault in FAULTS if fault.applies(known))

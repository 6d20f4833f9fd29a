"""Lists every refusal and remark, and finds those that apply to a run.

`pipeline.plan` decides by it what becomes of a run, docs/support.md is generated from it, and the
tests check each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.convert.support.caveat import Caveat, CaveatKind, RunFacts
from pipeline.convert.support.transformers import lacks_converter


def _is_used(value: Any) -> bool:
    return value not in (None, False, "", [], {})


def _among(*values: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value.lower() in values


def _of_class(*names: str) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, Mapping) and str(value.get("class")).rpartition(".")[2] in names
    )


def _set(argument: str, test: Callable[[Any], bool]) -> Callable[[RunFacts], bool]:
    return lambda known: argument in known.setup and test(known.setup[argument])


def _either(*tests: Callable[[RunFacts], bool]) -> Callable[[RunFacts], bool]:
    return lambda known: any(test(known) for test in tests)


def _without_formula(value: Any) -> bool:
    from pipeline.convert.steps.dates import FEATURES

    return isinstance(value, list | tuple) and not set(value) <= FEATURES.keys()


def _reads_target(value: Any) -> bool:
    """Whether a setting names one of two encoders, by its class or beside its parameters."""
    if isinstance(value, list):
        return any(map(_reads_target, value))
    named = value if isinstance(value, Mapping) else {"class": value}
    return _of_class("LeaveOneOutEncoder", "CatBoostEncoder")(named)


def _square_is_too_large(known: RunFacts) -> bool:
    """A matrix of rows by rows in float64 for each Gaussian process, one for two classes."""
    processes = known.classes if known.classes > 2 else 1
    return 8 * known.rows**2 * processes > 2**30


def _refuse(
    argument: str, test: Callable[[Any], bool], values: str, text: str, instead: str
) -> Caveat:
    return Caveat(CaveatKind.refused_option, argument, text, _set(argument, test), values, instead)


def _note(argument: str, value: str, text: str) -> Caveat:
    return Caveat(CaveatKind.noted_option, argument, text, _set(argument, _among(value)), value)


_ITERATIVE = ("numeric_iterative_imputer", "categorical_iterative_imputer")

CAVEATS: tuple[Caveat, ...] = (
    # what PyCaret or the config refuse themselves does not stand here
    *(
        _refuse(argument, _among(model), model, text, "lightgbm, the default, or another estimator")
        for model, text in (
            (
                "knn",
                "which of equally near rows it takes is an accident that later rounds build on",
            ),
            ("catboost", "inside imputation it reads categories itself, by hashed statistics"),
        )
        for argument in _ITERATIVE
    ),
    _refuse(
        "numeric_iterative_imputer",
        _among("lr"),
        "lr",
        "one-hot columns depend on each other, and least squares on them answers by rounding: "
        "PyCaret differs from itself by 1e-4 alone and in a batch",
        "lightgbm, the default, or a regularised one such as br or ridge",
    ),
    _refuse(
        "custom_pipeline",
        lacks_converter,
        "any but scikit-learn's and category_encoders' among the preprocessing steps above",
        "it has no converter that is proven exact",
        "one of those, or compute the columns before training",
    ),
    _refuse(
        "encoding_method",
        _of_class("HashingEncoder"),
        "HashingEncoder",
        "no operator can compute the hash of a text that was not in the table",
        "any other encoder",
    ),
    _refuse(
        "create_date_columns",
        _without_formula,
        "date, time, ...",
        "an estimator reads numbers only",
        "parts of a date that are numbers, such as year, month, dayofweek or is_month_end",
    ),
    Caveat(
        CaveatKind.refused_model,
        "gpc",
        "it keeps a matrix of rows by rows, and an ONNX file ends at 2 GiB",
        _square_is_too_large,
        "over 11,585 rows for two classes, over 11,585 / √K for K classes",
        "train on fewer rows, or choose another model",
    ),
    Caveat(
        CaveatKind.noted_model,
        "xgboost",
        "it computes in float32 itself, so its bound is 1e-5 relative, 5e-6 for probabilities",
    ),
    Caveat(
        CaveatKind.noted_model,
        "knn",
        "where training rows are equally near, PyCaret's answer is whichever comes first in "
        "memory; each such tie is proven and counted, not compared",
    ),
    Caveat(
        CaveatKind.noted_model,
        "kr",
        "large terms cancel, so PyCaret's own last digits depend on the batch; such rows are held "
        "to ten times that spread, or the graph is proven by the model's exact value",
    ),
    _note(
        "numeric_imputation",
        "knn",
        "where donors are equally near, PyCaret's answer is whichever comes first in memory; each "
        "such tie is proven and counted, not compared",
    ),
    _note(
        "pca_method",
        "kernel",
        "sums over all training rows, whose last digits depend on the batch in PyCaret; where a "
        "tree's threshold lies among them, the tie is proven and counted, not compared",
    ),
    _note(
        "imputation_type",
        "iterative",
        "text with gaps behind a date column is refused once the preprocessing is fitted: PyCaret "
        "takes some of it for numbers there; put date columns last",
    ),
    Caveat(
        CaveatKind.noted_step,
        "calibrate",
        "between two scores a curve may rise by 1e13, so where a row lies on such a step, the last "
        "digit of a score decides, which depends on the processor; each such tie is proven and "
        "counted, not compared",
        lambda known: _among("isotonic")(known.steps.get("calibrate", {}).get("method")),
        "method = isotonic",
    ),
    Caveat(
        CaveatKind.contrib,
        "text_features",
        "standard operators cannot split text by a regular expression; the manifest says what the "
        "runtime needs; a capital Σ at the end of a word is written σ there, and ς by Python",
        _set("text_features", _is_used),
        "any",
        domain="com.microsoft",
    ),
    Caveat(
        CaveatKind.pycaret_bug,
        "Iterative imputation fills text columns with numbers",
        "PyCaret's iterative imputation trains the imputers of text columns on wrong columns when "
        "the table also has numbers: a missing text may be filled with another column's number. "
        "The model was trained on that, and the graph repeats it. Prefer imputation_type = "
        '"simple".',
        _set("imputation_type", _among("iterative")),
    ),
    Caveat(
        CaveatKind.pycaret_bug,
        "Two encoders read the target of the rows they are scored on",
        "PyCaret hands the target to the encoder of categories even where it scores a model, and "
        "LeaveOneOutEncoder and CatBoostEncoder compute with it: the metrics of the leaderboard "
        "and the holdout are far too good, and the model that wins is the one that reads the "
        "target best. New rows have none. Prefer TargetEncoder.",
        _either(_set("encoding_method", _reads_target), _set("custom_pipeline", _reads_target)),
    ),
    Caveat(
        CaveatKind.pycaret_bug,
        "Drop imputation drops rows when predicting",
        "With drop imputation predict_model returns no row for a row with a missing value, so its "
        "answers no longer line up by place with the rows given to it. The graph answers every "
        "row, those with a missing prediction. Prefer mean, median, mode or a constant.",
        _either(
            _set("numeric_imputation", _among("drop")),
            _set("categorical_imputation", _among("drop")),
        ),
    ),
    Caveat(
        CaveatKind.pycaret_bug,
        "A missing text fails the whole batch",
        "PyCaret refuses a whole batch as soon as one text is missing in a text feature. "
        "Fill missing texts before training and before scoring.",
        _set("text_features", _is_used),
    ),
    Caveat(
        CaveatKind.pycaret_bug,
        "Categories with brackets, colons or quotes fail LightGBM and XGBoost",
        "A category becomes a column of its name. LightGBM, which feature_selection asks too, "
        'refuses names with any of " , : [ ] {{ }} or a line break, XGBoost those with [ ] <, and '
        "the table has {odd_names}. A model that refuses a name is left out; write these without "
        "such characters to have it compared.",
        lambda known: bool(known.odd_names),
    ),
    Caveat(
        CaveatKind.pycaret_bug,
        "More than a tenth of the dates missing loses the date's features",
        "PyCaret leaves the features of a date column out when more than a tenth of a batch has "
        "no date, and then predict_model fails; a single row without a date is such a batch. The "
        "graph answers such rows as it does in a batch where few dates are missing.",
        lambda known: bool(known.dates) or _is_used(known.setup.get("date_features")),
    ),
)


def find_caveats(known: RunFacts, *kinds: CaveatKind) -> Iterator[Caveat]:
    """The rows of some kinds that apply to a run."""
    return (row for row in CAVEATS if row.kind in kinds and row.applies(known))


def find_bug_warnings(known: RunFacts) -> tuple[str, ...]:
    """The faults of PyCaret that can touch a run, in sentences; each has its known-faults page."""
    names = ", ".join(known.odd_names)
    found = find_caveats(known, CaveatKind.pycaret_bug)
    return tuple(row.text.format(odd_names=names) for row in found)

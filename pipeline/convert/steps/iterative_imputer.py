"""Converts iterative imputation: PyCaret's rounds of estimators, unrolled, bugs included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.functions.incomplete_rows import fill_incomplete_rows
from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, INT64, Tensor
from pipeline.convert.steps.iterative_imputer_models import predict_imputed
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.columns import Category, Cell, Column, Number, RawInput
from pipeline.convert.symbolic.frame import Frame
from pipeline.convert.symbolic.precision import is_integer
from pipeline.convert.symbolic.raw_inputs import UNSEEN
from pipeline.errors import ConversionError

LOST = float(np.iinfo(np.int64).min)
"""What NaN becomes where pandas makes integers of categories."""


@dataclass(frozen=True, eq=False)
class Rounds:
    """A fitted imputer of F columns.

    Attributes:
        start: (1, F) what a missing value begins with.
        places: (F,) the column whose values column i begins with. PyCaret puts the imputed
            numbers and categories back in a wrong order, so that a category may begin with the
            values of a number.
        categories: columns that are cut to whole numbers before an estimator reads them.
        turns: fitted estimators in order, each with its target and the columns that it reads.
        dtype: in which the imputed values are kept.
    """

    start: NDArray[Any]
    places: NDArray[np.int64]
    categories: frozenset[int]
    turns: Sequence[tuple[int, Sequence[int], Any]]
    dtype: np.dtype[Any]


def convert_iterative_imputer(step: Step) -> dict[str, Column]:
    """rows with a gap (M, F) ─Where(start), Gather(places)─► ─turns─► ─Where(gap)─► (M, F).

    Every turn predicts one column from the others. Text takes part as the number of its category,
    (N, 1) ─LabelEncoder─► (N, 1), and comes back as a function of the imputed number.

    Raises:
        ConversionError: categories filled as if they were numbers, or an estimator without an
            exact form.
    """
    mappings = step.transformer.mappings_
    coded = {
        name: _encode(name, column, mappings[name]) if name in mappings else column
        for name, column in step.columns.items()
    }
    rounds, width = _rounds(step), len(coded)
    _refuse_measured_words(list(step.columns), mappings, rounds)
    x = Frame(step.graph, coded).features().double
    matrix = _integer_cast_or_imputed(step, x, rounds)
    made = [
        _category(matrix.columns([i]), name, mappings[name], _classes(step, i))
        if name in mappings
        else Cell(matrix, i, width, column.source.name if isinstance(column, Number) else None)
        for i, (name, column) in enumerate(step.columns.items())
    ]
    # Without categories scikit-learn names the columns, after the imputer inside.
    return dict(zip(_names(step), made, strict=True))


def _integer_cast_or_imputed(step: Step, x: Tensor, rounds: Rounds) -> Tensor:
    """(N, F) double with gaps → (N, F) double without.

    Of rows with nothing but categories and whole numbers pandas makes integers. NaN, which only
    categories may have there, is then the smallest int64, which no imputer takes for missing.
    """
    words = step.transformer.mappings_
    numbers = {name: column for name, column in step.columns.items() if name not in words}
    if words and not numbers:
        return step.graph.where(x.isnan(), LOST, x)
    played = fill_incomplete_rows(x, lambda rows: _play_rounds(rows, rounds))
    if not words or any(step.before[name].dtype.kind not in "iub" for name in numbers):
        return played
    places = {name: i for i, name in enumerate(step.columns)}
    # Raw numbers, since some are whole only after they are rounded to float32.
    chosen = step.graph.concat(
        [
            c.source.tensor.cast(DOUBLE) if isinstance(c, Number) else x.columns([places[name]])
            for name, c in numbers.items()
        ]
    )
    integers = is_integer(chosen).cast(INT64).reduce("ReduceMin").cast(BOOL)
    return step.graph.where(integers & x.isnan(), LOST, played)


def _names(step: Step) -> list[str]:
    if step.transformer.mappings_:
        return list(step.columns)
    return list(map(str, step.transformer.get_feature_names_out()))


def _encode(name: str, column: Column, mapping: Mapping[Any, int]) -> Category:
    """A column as the number of its category; unseen and missing are NaN."""
    if not isinstance(column, Category):
        column = Category(_numbers(name, column, mapping), (*mapping, np.nan, np.nan))
    codes = [np.nan if pd.isna(v) else float(mapping.get(v, np.nan)) for v in column.outcomes]
    return Category(column.source, tuple(codes))


CONFUSED = Caveat.when_prepared(
    "iterative imputation of text features, and of text behind a date column: PyCaret takes some "
    "for numbers",
    instead="put date columns last in the table, or set imputation_type to simple",
)


def _refuse_measured_words(
    names: Sequence[str], mappings: Mapping[str, Any], rounds: Rounds
) -> None:
    """Refuse categories that a regression fills: which known value its number is, bits decide.

    PyCaret counts its categories in the raw table, without text features. Parts of a date before
    them move them on, and then it takes some for numbers; encoders learn what is imputed in
    training as new categories.
    """
    for target, _, _ in rounds.turns:
        if names[target] in mappings and target not in rounds.categories:
            raise CONFUSED.error(
                f"PyCaret's iterative imputer takes the categories of {names[target]!r} for "
                "numbers, as it does with text features and behind the parts of a date"
            )


def _numbers(name: str, column: Column, mapping: Mapping[Any, int]) -> RawInput:
    """A column of numbers, raw or computed from a date, say, by the values that are categories."""
    if isinstance(column, Number):
        return replace(column.source, keys=tuple(mapping))
    if isinstance(column, Cell):
        return RawInput(name, column.matrix.columns([column.index]), tuple(mapping))
    raise ConversionError(
        f"expected column {name!r} as words or numbers to impute, got a date",
        hint="leave its date features on, or set imputation_type to simple",
    )


def _category(
    code: Tensor, name: str, mapping: Mapping[Any, int], imputed: frozenset[float]
) -> Category:
    """What an imputed number, (N, 1) double, stands for.

    pandas leaves a number that is no category's as it is, and encoders learn it as a category of
    its own where training rows were imputed with it.
    """
    names = {float(number): value for value, number in mapping.items()}
    numbers = imputed | {float(v) for v in mapping if not isinstance(v, str)}
    others = tuple(sorted(numbers - names.keys()))
    keys = (*names, *others)
    unseen = UNSEEN if any(isinstance(v, str) for v in mapping) else _beyond(keys)
    return Category(RawInput(name, code, keys), (*names.values(), *others, unseen, unseen))


def _classes(step: Step, target: int) -> frozenset[float]:
    """Every number that an estimator may impute in a column of categories, and the lost ones."""
    turns = (t for t in step.transformer.imputation_sequence_ if t.feat_idx == target)
    classes = (float(c) for t in turns for c in getattr(t.estimator, "classes_", ()))
    return frozenset([LOST, *classes])


def _beyond(known: Sequence[float]) -> float:
    return float(np.nextafter(max(known), np.inf)) + 1.0


def _rounds(step: Step) -> Rounds:
    imputer = step.transformer
    count = len(step.columns)
    categories = sorted(imputer.categorical_indices or [])
    order = [i for i in range(count) if i not in categories] + categories
    first = count - len(categories)
    # PyCaret counts the categories from one too low: its own line, kept as it is.
    positions = {v: i for i, v in enumerate(order[:first])}
    positions |= {v: i + first - 1 for i, v in enumerate(categories)}
    statistics = _statistics(step, order)
    dtype = DOUBLE if imputer.mappings_ or step.dtype == DOUBLE else FLOAT
    turns = [
        (int(t.feat_idx), [int(i) for i in t.neighbor_feat_idx], t.estimator)
        for t in (imputer.imputation_sequence_ if imputer.n_iter_ else ())
    ]
    return Rounds(
        start=np.array([[statistics[i] for i in range(count)]], dtype=dtype),
        places=np.array([order[positions[i]] for i in range(count)]),
        categories=frozenset(categories),
        turns=turns,
        dtype=dtype,
    )


def _statistics(step: Step, order: Sequence[int]) -> dict[int, float]:
    """The mean or mode of every column, by its position."""
    imputers = step.transformer.initial_imputer_.named_transformers_
    found = [
        value
        for name in ("num_imputer", "cat_imputer")
        for value in getattr(imputers[name], "statistics_", ())
    ]
    return dict(zip(order, map(float, found), strict=True))


def _play_rounds(rows: Tensor, rounds: Rounds) -> Tensor:
    """(M, F) double with gaps → (M, F) double without."""
    graph, width = rows.graph, rounds.start.shape[1]
    gaps = rows.isnan()
    begun = graph.where(gaps, rounds.start.astype(DOUBLE), rows)
    if list(rounds.places) != list(range(width)):
        begun = begun.columns(rounds.places)
    columns = _Columns(_split(begun, width), rounds.categories)
    gap_of = _split(gaps, width)
    for target, neighbors, estimator in rounds.turns:
        x = graph.concat([columns.read(i) for i in neighbors])
        value = predict_imputed(estimator, x, len(neighbors))
        if rounds.dtype == FLOAT:
            value = value.round32()
        columns.write(target, graph.where(gap_of[target], value, columns.now[target]))
    return graph.where(gaps, graph.concat(columns.now), rows)


def _split(matrix: Tensor, width: int) -> list[Tensor]:
    """(M, F) → F times (M, 1)."""
    if width == 1:
        return [matrix]
    dtypes = [matrix.dtype] * width
    return list(matrix.graph.emit("Split", (matrix,), dtypes, axis=1, num_outputs=width))


class _Columns:
    """The columns as they stand between two turns, (M, 1) each."""

    def __init__(self, now: list[Tensor], categories: frozenset[int]) -> None:
        self.now = now
        self._categories = categories
        self._whole: dict[int, Tensor] = {}

    def read(self, index: int) -> Tensor:
        """As an estimator sees the column: PyCaret makes integers of categories."""
        if index not in self._categories:
            return self.now[index]
        if index not in self._whole:
            self._whole[index] = self.now[index].cast(INT64).cast(DOUBLE)
        return self._whole[index]

    def write(self, index: int, value: Tensor) -> None:
        self.now[index] = value
        self._whole.pop(index, None)


CONVERTERS: Mapping[str, StepEntry] = {
    "pycaret.IterativeImputer": StepEntry(
        convert_iterative_imputer,
        "skl2onnx knows scikit-learn's imputer, and PyCaret's is another one",
        does="fills missing values with models of the other columns",
    ),
}

"""Scores plain values with an ONNX file; onnxruntime and numpy only."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, ModelError
from pipeline.manifest import LABEL, SCORE, UNANSWERED, Mask, Output
from pipeline.runtime.column_errors import list_names, make_missing_error, make_surplus_error
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.masks import list_warnings
from pipeline.runtime.session import open_session, read_manifest
from pipeline.runtime.table_columns import (
    Tensor,
    add_columns,
    column_names,
    find_repeated,
    get_columns,
)
from pipeline.runtime.unseen import Tally, Unseen

_ROW_NUMBERS = re.compile(r"(?:Unnamed: 0(?:\.\d+)*)?")
"""How pandas names its row numbers in CSV, and reads them again."""
_NO_MEMORY = re.compile(r"bad_alloc|[Ff]ailed to allocate memory")
"""How onnxruntime says it."""
_DTYPES: Mapping[str, Any] = {
    "tensor(string)": np.object_,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(double)": np.float64,
    "tensor(float)": np.float32,
    "tensor(bool)": np.bool_,
}


class Scorer:
    """One exported model, ready to predict. Safe to share between threads.

    Attributes:
        manifest: what the model says about itself.
    """

    def __init__(self, model: str | os.PathLike[str] | bytes, *, threads: int = 1) -> None:
        """Open `model.onnx`, given as its path or its bytes.

        Args:
            model: a file written by `pipeline.export`; its manifest is read from its metadata.
            threads: threads of one prediction. One is the fastest for tables of usual size, and
                the only number for which sums are added in the same order everywhere.

        Raises:
            ModelError: not an ONNX model, not one of ours, damaged, or onnxruntime is too old.
            DataError: no such file, or not the one that the `checksums.json` beside it names.
        """
        self._session = open_session(model, threads)
        self.manifest = read_manifest(self._session)

    def predict(self, table: Any) -> dict[str, Tensor]:
        """Predict N rows.

        Args:
            table: exactly the manifest's inputs: a mapping of names to N values each (a list, an
                array, a Series), a list of records (a record that lacks a key has no value there),
                or a frame of pandas, polars or pyarrow. What each kind of column accepts stands
                in `pipeline.runtime.feeds`.

        Returns:
            `prediction_label` (N,) of str, int64 or double, and, for classifiers that give
            probabilities, `prediction_score` (N, K) double in the order of `manifest.labels`.
            Rows that lack a column in `manifest.required`: '', the smallest int64 or NaN.

        Raises:
            DataError: a column is missing, surplus, or of another length than the others.
            ModelError: as `run`.
            CellError: a value does not fit its column; row and column are named.
        """
        self.require(column_names(table))
        return self.run(self.feeds(get_columns(table)))

    def unseen(self, table: Any) -> tuple[Unseen, ...]:
        """What of a table the model has never seen, by column; see `pipeline.runtime.unseen`.

        Args:
            table: as `predict` takes it; other columns may be there.

        Raises:
            DataError, CellError: as `predict`.
        """
        self.require(column_names(table), target=True, ignore_surplus=True)
        columns, tally = get_columns(table), Tally(self.manifest.inputs)
        tally.add(columns, self.feeds(columns))
        return tally.found

    def warn(self, table: Any) -> list[dict[str, list[str]]]:
        """What each of N rows is warned of, by a graph that was exported with warnings.

        Args:
            table: as `predict` takes it; other columns may be there.

        Returns:
            Per row the names of columns under "missing", "unseen" and "range", each only where
            there are some: `{}` for a row like those of training.

        Raises:
            DataError, CellError: as `predict`; the first also where the graph does not warn.
        """
        self.require(column_names(table), target=True, ignore_surplus=True)
        masks = self.run_masks(self.feeds(get_columns(table)))
        return list_warnings(self.manifest.inputs, self.manifest.warnings, masks)

    def run_masks(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The masks by their names, (N, W) int32, from the tensors of `feeds`.

        Raises:
            DataError: the graph does not warn.
            ModelError: as `run`.
        """
        if not self.manifest.warnings:
            raise DataError(
                "the model's graph gives no warnings",
                hint="Train with --warnings, or bundle with it; `unseen` counts without them",
            )
        return self._run(self.manifest.warnings, feeds)

    def feeds(self, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """The tensor of each input, (N, 1), from its column.

        Raises:
            CellError: a value does not fit its column.
            DataError: columns differ in length.
        """
        tensors = {
            column.name: make_feed(column, columns[column.name]) for column in self.manifest.inputs
        }
        _rows(tensors)
        return tensors

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What `predict` returns, from the tensors of `feeds`.

        Raises:
            ModelError: the graph fails, or answers in another shape than its manifest says.
        """
        return self._run(self.manifest.outputs, feeds)

    def _run(
        self, wanted: Sequence[Output | Mask], feeds: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        if _rows(feeds) == 0:  # not every operator takes an empty tensor
            return {output.name: _make_empty(output) for output in wanted}
        names = [output.name for output in wanted]
        try:
            found = self._session.run(names, feeds)
        except Exception as err:  # onnxruntime's exceptions share no other base class
            if _NO_MEMORY.search(str(err)):
                raise MemoryError(str(err)) from err
            raise _broken_error(f"fails: {err}") from err
        outputs: dict[str, Tensor] = dict(zip(names, found, strict=True))
        for output in wanted:
            stated = (_rows(feeds), *output.shape[1:])
            if (shape := outputs[output.name].shape) != stated:
                raise _broken_error(f"gives {output.name} as {shape}, its manifest says {stated}")
        return outputs

    def predict_one(self, row: Mapping[str, Any] | None = None, /, **values: Any) -> dict[str, Any]:
        """Predict one row given as scalars: `predict_one({"age": 19, ...})` or `(age=19, ...)`.

        Returns:
            `prediction_label` as a Python scalar and, where there is one, `prediction_score` as
            a list of K floats in the order of `manifest.labels`; None for a row without one.
        """
        columns = {name: [value] for name, value in {**(row or {}), **values}.items()}
        outputs = self.predict(columns)
        if self.unanswered(outputs[LABEL])[0]:
            return dict.fromkeys(outputs)
        return {
            name: value[0].tolist() if isinstance(value[0], np.ndarray | np.generic) else value[0]
            for name, value in outputs.items()
        }

    def score_frame(
        self, frame: Any, *, raw_score: bool = False, ignore_surplus: bool = False
    ) -> Any:
        """A copy of the table, its index kept, with the columns that `predict_model` would add.

        Args:
            frame: the manifest's inputs as columns of a table that `predict` takes; the target
                and columns that training ignored may be there too and are kept.
            raw_score: one `prediction_score_<label>` per class instead of `prediction_score`.
            ignore_surplus: keep other columns as they are instead of refusing them.

        Returns:
            The same kind of table: a frame of pandas for a frame of pandas, records for records.

        Raises:
            DataError, CellError: as `predict`; also for columns that share one name.
        """
        self.require(column_names(frame), target=True, ignore_surplus=ignore_surplus)
        outputs = self.run(self.feeds(get_columns(frame)))
        return add_columns(frame, self.named(outputs, raw_score=raw_score))

    def named(self, outputs: Mapping[str, Tensor], *, raw_score: bool = False) -> dict[str, Tensor]:
        """`predict`'s tensors as columns (N,), under the names that `predict_model` gives them.

        `prediction_score` is the probability of the predicted label, unlike the tensor of that
        name; with `raw_score` each class has its own column `prediction_score_<label>`. Rows that
        lack a column in `manifest.required` are masked (numpy.ma).
        """
        columns = {LABEL: outputs[LABEL], **self._scores(outputs, raw_score=raw_score)}
        missing = self.unanswered(outputs[LABEL])
        if not missing.any():
            return columns
        ma: Any = np.ma
        return {name: ma.array(values, mask=missing) for name, values in columns.items()}

    def _scores(self, outputs: Mapping[str, Tensor], *, raw_score: bool) -> dict[str, Tensor]:
        score, labels = outputs.get(SCORE), self.manifest.labels or ()
        if score is None:
            return {}
        if raw_score:
            return {f"{SCORE}_{name}": score[:, k] for k, name in enumerate(labels)}
        place = {name: k for k, name in enumerate(labels)}
        # All scores of a row without a prediction are NaN.
        chosen = np.array([place.get(name, 0) for name in outputs[LABEL].tolist()], dtype=np.intp)
        return {SCORE: score[np.arange(len(chosen)), chosen]}

    def unanswered(self, label: Tensor) -> NDArray[np.bool_]:
        """(N,) rows without a prediction: they lack a required column."""
        if not self.manifest.required:
            return np.zeros(len(label), dtype=bool)
        if label.dtype == np.float64:
            return np.isnan(label)
        marker = UNANSWERED["tensor(string)" if label.dtype == object else "tensor(int64)"]
        return np.asarray(label == marker, dtype=bool)

    def require(
        self, names: Collection[str], *, target: bool = False, ignore_surplus: bool = False
    ) -> None:
        """Refuse a set of column names that does not fit the model's inputs.

        Args:
            names: the columns at hand, in any order.
            target: whether the rest of the training table may be among them: the target, and the
                columns that training ignored.
            ignore_surplus: whether any other column may be among them.

        Raises:
            DataError: columns are missing, surplus, there twice, or named like a prediction.
        """
        expected = {column.name for column in self.manifest.inputs}
        given = list(names)
        missing = [column for column in self.manifest.inputs if column.name not in names]
        if missing:
            raise make_missing_error(missing, given)
        rest = {self.manifest.target, *self.manifest.ignored} if target else set()
        if any(map(_ROW_NUMBERS.fullmatch, rest)):  # CSV and frames name them differently
            rest |= {name for name in given if _ROW_NUMBERS.fullmatch(str(name))}
        allowed = expected | rest
        surplus = [name for name in given if name not in allowed]
        if ignore_surplus:
            surplus = [name for name in surplus if str(name).startswith((LABEL, SCORE))]
        if surplus:
            raise make_surplus_error(surplus, given)
        if twice := sorted({str(name) for name in find_repeated(given)}):
            raise DataError(f"columns there more than once: {list_names(twice)}", columns=twice)


def _make_empty(output: Output | Mask) -> Tensor:
    return np.empty((0, *map(int, output.shape[1:])), dtype=_DTYPES[output.type])


def _broken_error(how: str) -> ModelError:
    """The refusal of a graph that loads and cannot be what was proven."""
    return ModelError(
        f"the graph {how}",
        hint="The file was changed after its export: take it again from where it was logged",
    )


def _rows(feeds: Mapping[str, Tensor]) -> int:
    lengths = {name: len(tensor) for name, tensor in feeds.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"columns differ in length: {lengths}", hint="Give each column N values")
    return next(iter(lengths.values()))

"""The manifest of a graph: its inputs, its outputs, and how far to trust it.

Standard library only, so that scoring needs neither pydantic nor anything of training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipeline.errors import ModelError
from pipeline.system import typed_json
from pipeline.tasks import TASKS, TaskName, Values

METADATA_KEY = "pipeline.manifest"
"""Key of the model's own metadata entry that holds the manifest as JSON."""

Kind = Literal["number", "text", "boolean", "date"]
Label = str | int | float

ONNX_TYPES: Mapping[Kind, str] = {
    "number": "tensor(double)",
    "text": "tensor(string)",
    "boolean": "tensor(bool)",
    "date": "tensor(int64)",
}
"""Type of the graph input that carries a column of each kind, always of shape [N, 1]."""

MISSING: Mapping[Kind, str] = {
    "number": "NaN",
    "text": "empty string",
    "boolean": "not allowed",
    "date": "-9223372036854775808 (NaT)",
}
"""How a missing value of each kind is written in the tensor."""

LABEL = "prediction_label"
SCORE = "prediction_score"
"""The outputs: (N,), and (N, K) where a classifier gives probabilities."""

UNANSWERED: Mapping[str, str | int | float] = {
    "tensor(string)": "",
    "tensor(int64)": -(2**63),
    "tensor(double)": float("nan"),
}
"""The missing prediction of a row that lacks a required column, by the output's type."""


WORDS = (
    *("NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None"),
    *("#N/A", "#N/A N/A", "#NA", "<NA>", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
"""What `pandas.read_csv` reads as a missing value, beside the empty cell."""


@dataclass(frozen=True)
class Cells:
    """How the cells of one column are written: one meaning for each, whatever the file.

    Training infers it from the table's cells; every reader of every format follows it. Typed cells
    (a number, a boolean, a date of Parquet, of a workbook or of a frame) need no grammar, except
    in a text column, which says here how they are spelled.

    Attributes:
        missing: words that are a missing value, beside the empty cell. A word that training knew
            as a category is none of them.
        true, false: in a text column, the one spelling of a boolean; empty where it holds none.
        whole: in a text column, whether whole numbers are written as int writes them ("12"), so
            that 12 and 12.0 are "12". False refuses typed numbers: training had codes with
            leading zeros, which a number has lost.
        decimal: the decimal separator of a number.
        thousands: separators between groups of digits, all of which may be left out.
        signs: currency and percent signs that may stand before or behind a number.
        dates: the format of dates, as `strptime` writes it; empty for ISO 8601, which every date
            column takes in any case.
    """

    missing: tuple[str, ...] = WORDS
    true: str = ""
    false: str = ""
    whole: bool = True
    decimal: str = "."
    thousands: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    dates: str = ""


@dataclass(frozen=True)
class Known:
    """What training saw of one column, to count what it has never seen.

    Attributes:
        categories: the different texts, sorted; None for other kinds, and where there are more
            than `MOST_CATEGORIES` of them.
        minimum, maximum: of numbers, and of dates in nanoseconds since 1970; None for other kinds.
        missing: whether a value was missing in training.
    """

    categories: tuple[str, ...] | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    missing: bool = False


MOST_CATEGORIES = 10_000
"""Beyond so many different texts a column is free text, and each new row is unseen."""


@dataclass(frozen=True)
class Described:
    """A column's entry in the data dictionary: what people and forms are shown of it.

    Attributes:
        missing: share of the training rows without a value.
        categories: how many rows had each text, or `true` and `false`; None for other kinds, and
            for text that may be personal: of more than `MOST_SHOWN` values, or taken word by word.
        minimum, maximum: of numbers, and of dates as ISO 8601 text; None for other kinds.
    """

    missing: float = 0.0
    categories: Mapping[str, int] | None = None
    minimum: float | int | str | None = None
    maximum: float | int | str | None = None


MOST_SHOWN = 100
"""Beyond so many different texts a column may hold personal data, and none of them is shown."""


@dataclass(frozen=True)
class Input:
    """One raw column: its own name, its kind, and the tensor that carries it.

    A date is int64 nanoseconds since 1970-01-01T00:00:00, without time zone.

    Attributes:
        cells: how its cells are written; None in models from before there were rules.
        known: what training saw of it; None in such models.
    """

    name: str
    kind: Kind
    cells: Cells | None = None
    known: Known | None = None

    @property
    def type(self) -> str:
        return ONNX_TYPES[self.kind]

    @property
    def missing(self) -> str:
        return MISSING[self.kind]


@dataclass(frozen=True)
class Output:
    """One output tensor: `prediction_label` [N] or `prediction_score` [N, K]."""

    name: str
    type: str
    shape: tuple[str | int, ...]


Warned = Literal["missing", "unseen", "range"]
WORD = 31
"""Columns of one word of a mask: its sign stays free, as R has no smallest integer."""


@dataclass(frozen=True)
class Mask:
    """An output that warns of columns, [N, W]: bit k % 31 of word k // 31 of a row is inputs[k].

    Attributes:
        warns: of what; `meaning` says it in a sentence.
    """

    name: str
    warns: Warned
    meaning: str
    type: str = "tensor(int32)"
    shape: tuple[str | int, ...] = ("N", 1)


@dataclass(frozen=True)
class Manifest:
    """Contract and provenance of one exported model.

    Attributes:
        warnings: outputs beside those, which warn of what training never saw; often none.
        labels: the classes in the order of prediction_score; None where numbers are predicted.
        ignored: columns of the training table that the model does not take; a file that is scored
            may still hold them.
        required: columns that must not be missing: a row without one has no prediction.
        requires: opsets beyond ai.onnx and ai.onnx.ml, by domain.
        feed: how a program in any language builds the tensors (docs/feed.md); empty in models from
            before it was written down.
        dictionary: what training saw of each input, by its name; empty in models from before.
        parity: the figures of the verdict.
    """

    name: str
    task: TaskName
    target: str
    model_id: str
    model_name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    warnings: tuple[Mask, ...] = ()
    labels: tuple[Label, ...] | None = None
    ignored: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    feed: Mapping[str, Any] = field(default_factory=dict)
    dictionary: Mapping[str, Described] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    requires: Mapping[str, int] = field(default_factory=dict)
    minimum_onnxruntime: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    data_sha256: str = ""
    run_id: str | None = None
    verdict: Literal["pass", "fail", "unverified"] = "unverified"
    parity: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def predicts(self) -> Values:
        """What `prediction_label` holds."""
        return TASKS[self.task].predicts

    def to_json(self, indent: int | None = 2) -> str:
        """The manifest as JSON text; each input also states its tensor type and missing value."""
        record = asdict(self)
        for entry, column in zip(record["inputs"], self.inputs, strict=True):
            entry.update(type=column.type, shape=["N", 1], missing=column.missing)
        return json.dumps(record, indent=indent, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what `to_json` wrote; fields this version does not know are ignored.

        Raises:
            ModelError: the text is something else.
        """
        try:
            manifest: Manifest = typed_json.read_dataclass(cls, text)
            _check(manifest)
        except ValueError as err:
            raise manifest_error(str(err)) from err
        return manifest


def manifest_error(found: str) -> ModelError:
    """The refusal of a model whose manifest nobody has written as it is."""
    return ModelError(
        f"the model's manifest (metadata {METADATA_KEY!r}) is damaged: {found}",
        hint="The file was changed after its export: take it again from where it was logged, or "
        "train again",
    )


def _check(manifest: Manifest) -> None:
    """Raise a ValueError for what is typed well and describes no model that could be used."""
    names = [column.name for column in manifest.inputs]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"inputs: got {len(names)} of {len(set(names))} names, expected each once")
    shapes = {output.name: output.shape for output in manifest.outputs}
    labels = manifest.labels
    label, *scores = TASKS[manifest.task].outputs
    expected: dict[str, tuple[str | int, ...]] = {label: ("N",)}
    expected |= {name: ("N", len(labels or ())) for name in scores if name in shapes}
    if shapes != expected or len(manifest.outputs) != len(expected):
        raise ValueError(f"outputs: got {shapes}, expected {expected}")
    words = ("N", -(-len(names) // WORD))
    masks = [mask.warns for mask in manifest.warnings if mask.shape == words]
    if len(masks) < len(manifest.warnings) or len(set(masks)) != len(masks):
        raise ValueError(f"warnings: got {manifest.warnings}, expected each once, of {words}")
    if (labels is not None) != (manifest.predicts == "classes"):
        raise ValueError(
            f"labels: got {labels} for {manifest.task}, expected those of a classifier"
        )
    if not re.fullmatch(r"(\d+(\.\d+)*)?", least := manifest.minimum_onnxruntime):
        raise ValueError(f"minimum_onnxruntime: got {least!r}, expected numbers such as 1.23")
    if labels is not None and len(set(labels)) < max(len(labels), 1):
        raise ValueError(f"labels: got {labels}, expected each class once")
    if unknown := set(manifest.required) - {*names}:
        raise ValueError(f"required: got {sorted(unknown)}, expected names of inputs")
    if unknown := set(manifest.dictionary) - {*names}:
        raise ValueError(f"dictionary: got {sorted(unknown)}, expected names of inputs")
    for column in manifest.inputs:
        if column.cells is not None and not _is_grammar(column.cells):
            raise ValueError(f"cells of {column.name!r}: got {column.cells}, expected a grammar")
        if column.known is not None and not _is_range(column.known):
            raise ValueError(f"known of {column.name!r}: got a range of one end, expected two")


def _is_range(known: Known) -> bool:
    """Whether both of its ends are there, or none."""
    return (known.minimum is None) == (known.maximum is None)


def _is_grammar(cells: Cells) -> bool:
    """Whether numbers and dates could be written so."""
    marks = (cells.decimal, *cells.thousands)
    if any(len(mark) != 1 for mark in marks) or len(set(marks)) < len(marks):
        return False
    if any(not mark or re.search("[0-9]", mark) for mark in (*marks, *cells.signs)):
        return False
    if not cells.dates:
        return True
    try:
        datetime.strptime("", cells.dates)
    except ValueError as err:
        return str(err).startswith("time data")
    except re.error:  # a directive twice
        return False
    return False

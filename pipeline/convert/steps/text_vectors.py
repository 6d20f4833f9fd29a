"""Converts text columns to word counts and tf-idf weights.

No standard operator can cut a text into words at whatever is no letter, so this step needs
onnxruntime's own Tokenizer, and the graph says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, INT64, STRING, Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Category, Column
from pipeline.errors import ConversionError

DOMAIN, VERSION = "com.microsoft", 1

_DOTTED_I = "İ"
_LETTER = rf"(?:[^\PL{_DOTTED_I}]|[\pN_])"
WORD = f"{_LETTER}+{_DOTTED_I}|{_LETTER}{{2,}}"
r"""Two or more word characters in a row, as scikit-learn's `\b\w\w+\b` finds them in lower case.

Python writes İ in lower case as an i and a combining dot, and a dot ends a word.
"""
_PADDING = "#"
"""Fills up the rows with fewer words; it is no word itself."""
_ANY_WORD = "word"
_DEFAULT_PATTERN = r"(?u)\b\w\w+\b"


def convert_text(step: Step) -> dict[str, Column]:
    """each (N, 1) string ─Tokenizer─► words ─StringNormalizer(lower), TfIdfVectorizer─► (N, V).

    tf-idf multiplies the counts by each word's idf and divides rows by their length.

    Raises:
        ConversionError: a vectorizer with other settings than PyCaret's, or a column that an
            earlier step has changed.
    """
    columns: dict[str, Column] = {}
    for name, column in step.columns.items():
        vectorizer = step.transformer.estimators_[name]
        _require_defaults(step, vectorizer)
        words = [str(word) for word in vectorizer.get_feature_names_out()]
        counts = _counts(step.graph, _text(step, name, column), words)
        weights = _weigh(counts, vectorizer)
        columns |= step.cells(weights, [f"{name}_{word}" for word in words])
    return columns


def _require_defaults(step: Step, vectorizer: Any) -> None:
    got, usual = vectorizer.get_params(), type(vectorizer)().get_params()
    other = sorted(name for name, value in got.items() if str(value) != str(usual[name]))
    if other or vectorizer.token_pattern != _DEFAULT_PATTERN:
        raise ConversionError(
            f"step {step.name!r}: expected scikit-learn's defaults, got other {', '.join(other)}",
            hint="leave the vectorizer's settings at their defaults",
        )


def _text(step: Step, name: str, column: Column) -> Tensor:
    """(N,) string."""
    untouched = isinstance(column, Category) and column.outcomes[:-2] == column.source.keys
    if not isinstance(column, Category) or not untouched or column.source.tensor.dtype != STRING:
        raise ConversionError(
            f"step {step.name!r}: expected the text of the table in column {name!r}, "
            "got what an earlier step makes of it",
            hint='set imputation_type = "simple", and leave the column out of earlier steps',
        )
    return column.source.tensor.reshape(-1)


def _counts(graph: Graph, text: Tensor, words: list[str]) -> Tensor:
    """How often each word stands in a row: (N,) string -> (N, V) double.

    A row with a word goes along, because the operators lose an axis where there is none.
    """
    graph.require(DOMAIN, VERSION)
    found = graph.op(
        "Tokenizer",
        graph.concat([text, graph.constant(np.array([_ANY_WORD], object))], axis=0),
        dtype=STRING,
        domain=DOMAIN,
        mark=0,
        mincharnum=1,
        pad_value=_PADDING,
        tokenexp=WORD,
    )
    counts = graph.op(
        "TfIdfVectorizer",
        _lower(graph, found),
        dtype=FLOAT,
        mode="TF",
        min_gram_length=1,
        max_gram_length=1,
        max_skip_count=0,
        ngram_counts=[0],
        ngram_indexes=list(range(len(words))),
        pool_strings=words,
    )
    ends = [graph.constant(np.array([place])) for place in (0, -1)]
    return graph.op("Slice", counts, *ends, dtype=FLOAT).cast(DOUBLE)


def _lower(graph: Graph, words: Tensor) -> Tensor:
    """Lower case, (N, W) -> (N, W) string; the operator takes one row only."""
    shape = graph.op("Shape", words, dtype=INT64)
    lower = graph.op(
        "StringNormalizer",
        words.reshape(-1),
        dtype=STRING,
        case_change_action="LOWER",
        is_case_sensitive=1,
        locale="C.UTF-8",
    )
    return graph.op("Reshape", lower, shape, dtype=STRING)


def _weigh(counts: Tensor, vectorizer: Any) -> Tensor:
    """tf-idf as scikit-learn's TfidfTransformer: counts times idf, rows of length one.

    Squares are added from the last word to the first, the order in which scipy's sparse product
    leaves them: a weight stands in many rows, and quantiles jump where a value repeats.
    """
    if not hasattr(vectorizer, "idf_"):
        return counts
    graph = counts.graph
    weights = counts * np.asarray(vectorizer.idf_, dtype=DOUBLE)
    axis = graph.constant(np.array(1))
    sums = graph.op("CumSum", weights * weights, axis, dtype=DOUBLE, reverse=1)
    length = sums.columns([0]).sqrt()
    return weights / graph.where(length.equal(0.0), np.array([[1.0]]), length)


CONVERTERS: Mapping[str, StepEntry] = {
    "pycaret.EmbedTextFeatures": StepEntry(
        convert_text,
        "skl2onnx's regular expressions know ASCII only, and it computes in float32",
        does="turns texts into the weights of their words ({t.method})",
    ),
}

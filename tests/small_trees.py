"""A small classifier of trees with every kind of column, beside the forest that it was made of."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper
from sklearn.ensemble import RandomForestClassifier

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, INT64, STRING
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification
from pipeline.manifest import METADATA_KEY, Manifest, Output
from pipeline.manifest.columns import Cells
from pipeline.runtime.grammar import NAT
from tests.small_models import DAY, INPUTS, KNOWN

CLASSES = ("high", "low", "middle")


def coded(columns: dict[str, list[Any]]) -> NDArray[np.float64]:
    """Values of the four columns as the forest reads them, (N, 4).

    Missing: a mass counts as 70, a smoker as -1, a date as day 0.
    """
    mass, smoker, member, joined = (columns[column.name] for column in INPUTS)
    codes = {"": -1.0, "no": 0.0, "yes": 1.0}
    return np.column_stack(
        [
            [70.0 if value is None else value for value in mass],
            [codes.get(value or "", 2.0) for value in smoker],
            np.asarray(member, dtype=float),
            [0.0 if value is None else value // DAY for value in joined],
        ]
    ).astype(np.float64)


@cache
def forest() -> Any:
    """Fitted on made rows; every column decides somewhere."""
    random = np.random.default_rng(3)
    rows = np.column_stack(
        [
            random.uniform(40, 140, 400),
            random.integers(-1, 3, 400),
            random.integers(0, 2, 400),
            random.integers(0, 20_000, 400),
        ]
    ).astype(np.float64)
    score = rows[:, 0] / 40 + rows[:, 1] + 2 * rows[:, 2] + rows[:, 3] / 8000
    labels = np.array(["low", "middle", "high"])[np.digitize(score, [3.6, 5.2])]
    return RandomForestClassifier(n_estimators=5, max_depth=5, random_state=0).fit(rows, labels)


@cache
def classification() -> bytes:
    """The forest as a graph that keeps the contract, with rules for each column's cells."""
    graph = Graph()
    mass, smoker, member, joined = (
        graph.input(column.name, dtype)
        for column, dtype in zip(INPUTS, (DOUBLE, STRING, BOOL, INT64), strict=True)
    )
    number = graph.op("IsNaN", mass, dtype=BOOL)
    code = graph.op(
        "LabelEncoder",
        smoker,
        dtype=FLOAT,
        domain="ai.onnx.ml",
        keys_strings=["", "no", "yes"],
        values_floats=[-1.0, 0.0, 1.0],
        default_float=2.0,
    )
    known = graph.where(graph.binary("Equal", joined, NAT, dtype=BOOL), np.int64(0), joined)
    days = graph.binary("Div", known, DAY)
    matrix = graph.concat(
        [graph.where(number, 70.0, mass), *(part.cast(DOUBLE) for part in (code, member, days))]
    )
    outcome = convert_estimator(forest(), Features.of(matrix, 4), graph)
    assert isinstance(outcome, Classification)
    assert outcome.probabilities is not None
    names = graph.constant(np.array(outcome.classes, dtype=object))
    label = graph.op("Gather", names, outcome.label, dtype=STRING)
    outputs = (
        Output("prediction_label", "tensor(string)", ("N",)),
        Output("prediction_score", "tensor(double)", ("N", len(CLASSES))),
    )
    model = graph.model(
        {
            "prediction_label": (label, ["N"]),
            "prediction_score": (outcome.probabilities, ["N", len(CLASSES)]),
        }
    )
    inputs = tuple(replace(column, cells=Cells(), known=KNOWN[column.name]) for column in INPUTS)
    manifest = Manifest(
        "small",
        "classification",
        "class",
        "rf",
        "Random Forest Classifier",
        inputs,
        outputs,
        labels=CLASSES,
        ignored=("customer",),
        data_sha256="0" * 64,
        verdict="pass",
    )
    helper.set_model_props(model, {METADATA_KEY: manifest.to_json(indent=None)})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())

"""Small real ONNX models that keep the graph contract, for the tests of scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline.manifest import METADATA_KEY, Manifest, Output
from pipeline.manifest.columns import Cells, Input, Known

INPUTS = (
    Input("body mass [kg]", "number"),
    Input("smoker", "text"),
    Input("member", "boolean"),
    Input("joined", "date"),
)
_TYPES = {
    "number": TensorProto.DOUBLE,
    "text": TensorProto.STRING,
    "boolean": TensorProto.BOOL,
    "date": TensorProto.INT64,
}
DAY = 86_400 * 10**9
"""Nanoseconds of one day."""


def regression(*, verdict: str = "pass") -> bytes:
    """y = mass + 1000 if smoker is 'yes' + 10 if member + days since 1970.

    Missing: a mass counts as 70, a smoker as 1, a date as day 0.
    """
    parts = [*_mass(), *_smoker(), *_member(), *_days()]
    parts += [
        helper.make_node("Sum", ["mass", "smoke", "membership", "days"], ["column"]),
        helper.make_node("Reshape", ["column", "flat"], ["prediction_label"]),
    ]
    output = Output("prediction_label", "tensor(double)", ("N",))
    return _model(
        parts,
        (output,),
        Manifest(
            "small",
            "regression",
            "charges",
            "lr",
            "Linear Regression",
            INPUTS,
            (output,),
            ignored=("customer",),
            data_sha256="0" * 64,
            verdict=verdict,  # type: ignore[arg-type]
        ),
    )


def classification(labels: tuple[str, ...] | tuple[int, ...] = ("no", "yes")) -> bytes:
    """The last of K classes wins from 100 kg; the probability of the last is 0.75 or 0.25."""
    rest = len(labels) - 1
    high = [0.25 / rest] * rest + [0.75]
    low = [0.75 if k == 0 else 0.0 for k in range(rest)] + [0.25]
    is_text = isinstance(labels[0], str)
    table = np.array(labels, dtype=object if is_text else np.int64)
    parts = [
        *_mass(),
        helper.make_node("Less", ["mass", "hundred"], ["light"]),
        helper.make_node("Where", ["light", "low", "high"], ["prediction_score"]),
        helper.make_node("ArgMax", ["prediction_score"], ["place"], axis=1, keepdims=0),
        helper.make_node("Gather", ["table", "place"], ["prediction_label"]),
    ]
    outputs = (
        Output("prediction_label", "tensor(string)" if is_text else "tensor(int64)", ("N",)),
        Output("prediction_score", "tensor(double)", ("N", len(labels))),
    )
    constants: dict[str, Any] = {
        "hundred": np.float64(100),
        "low": np.array([low]),
        "high": np.array([high]),
    }
    return _model(
        parts,
        outputs,
        Manifest(
            "small",
            "classification",
            "class",
            "lr",
            "Logistic Regression",
            INPUTS[:1],
            outputs,
            labels=labels,
            data_sha256="0" * 64,
            verdict="pass",
        ),
        constants | {"table": table},
    )


def _mass() -> list[onnx.NodeProto]:
    return [
        helper.make_node("IsNaN", ["body mass [kg]"], ["no mass"]),
        helper.make_node("Where", ["no mass", "seventy", "body mass [kg]"], ["mass"]),
    ]


def _smoker() -> list[onnx.NodeProto]:
    keys = {"keys_strings": ["yes", ""], "values_floats": [1000.0, 1.0], "default_float": 0.0}
    return [
        helper.make_node("LabelEncoder", ["smoker"], ["smoke32"], domain="ai.onnx.ml", **keys),
        helper.make_node("Cast", ["smoke32"], ["smoke"], to=TensorProto.DOUBLE),
    ]


def _member() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Cast", ["member"], ["is member"], to=TensorProto.DOUBLE),
        helper.make_node("Mul", ["is member", "ten"], ["membership"]),
    ]


def _days() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Equal", ["joined", "nat"], ["no date"]),
        helper.make_node("Where", ["no date", "zero", "joined"], ["known"]),
        helper.make_node("Div", ["known", "day"], ["whole days"]),
        helper.make_node("Cast", ["whole days"], ["days"], to=TensorProto.DOUBLE),
    ]


_CONSTANTS = {
    "seventy": np.float64(70),
    "ten": np.float64(10),
    "nat": np.int64(np.iinfo(np.int64).min),
    "zero": np.int64(0),
    "day": np.int64(DAY),
    "flat": np.array([-1]),
}


def _model(
    nodes: list[onnx.NodeProto],
    outputs: tuple[Output, ...],
    manifest: Manifest,
    constants: Mapping[str, Any] | None = None,
) -> bytes:
    used = {name for node in nodes for name in node.input}
    tensors = {k: v for k, v in {**_CONSTANTS, **(constants or {})}.items() if k in used}
    types = {"tensor(double)": 11, "tensor(string)": 8, "tensor(int64)": 7}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(i.name, _TYPES[i.kind], ["N", 1]) for i in manifest.inputs],
        [helper.make_tensor_value_info(o.name, types[o.type], list(o.shape)) for o in outputs],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in tensors.items()],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: manifest.to_json(indent=None)})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def linear(fitted: Any, target: str, verdict: str = "pass") -> bytes:
    """A fitted scikit-learn LinearRegression on a frame of numbers, as a graph."""
    names = list(fitted.feature_names_in_)
    parts = [
        *_matrix(names),
        helper.make_node("MatMul", ["matrix", "coefficients"], ["product"]),
        helper.make_node("Add", ["product", "intercept"], ["sum"]),
        helper.make_node("Reshape", ["sum", "flat"], ["prediction_label"]),
    ]
    outputs = (Output("prediction_label", "tensor(double)", ("N",)),)
    constants = {
        "coefficients": np.reshape(fitted.coef_, (-1, 1)).astype(np.float64),
        "intercept": np.float64(fitted.intercept_),
    }
    return _model(parts, outputs, _fitted(fitted, target, outputs, verdict=verdict), constants)


def logistic(fitted: Any, target: str) -> bytes:
    """A fitted scikit-learn LogisticRegression (lbfgs) on a frame of numbers, as a graph."""
    names, labels = list(fitted.feature_names_in_), fitted.classes_.tolist()
    rows, added = fitted.coef_, fitted.intercept_
    if len(labels) == 2:  # one row, that of the second class
        rows, added = np.vstack([0 * rows, rows]), np.append(0, added)
    parts = [
        *_matrix(names),
        helper.make_node("MatMul", ["matrix", "coefficients"], ["product"]),
        helper.make_node("Add", ["product", "intercept"], ["sum"]),
        helper.make_node("Softmax", ["sum"], ["prediction_score"], axis=1),
        helper.make_node("ArgMax", ["prediction_score"], ["place"], axis=1, keepdims=0),
        helper.make_node("Gather", ["table", "place"], ["prediction_label"]),
    ]
    is_text = isinstance(labels[0], str)
    outputs = (
        Output("prediction_label", "tensor(string)" if is_text else "tensor(int64)", ("N",)),
        Output("prediction_score", "tensor(double)", ("N", len(labels))),
    )
    constants = {
        "coefficients": np.ascontiguousarray(rows.T),
        "intercept": added,
        "table": np.array(labels, dtype=object if is_text else np.int64),
    }
    return _model(parts, outputs, _fitted(fitted, target, outputs, tuple(labels)), constants)


def _matrix(names: list[str]) -> list[onnx.NodeProto]:
    return [helper.make_node("Concat", names, ["matrix"], axis=1)]


def _fitted(
    fitted: Any,
    target: str,
    outputs: tuple[Output, ...],
    labels: tuple[Any, ...] | None = None,
    verdict: str = "pass",
) -> Manifest:
    return Manifest(
        "fitted",
        "classification" if labels else "regression",
        target,
        "lr",
        type(fitted).__name__,
        tuple(Input(str(name), "number") for name in fitted.feature_names_in_),
        outputs,
        labels=labels,
        verdict=verdict,  # type: ignore[arg-type]
    )


KNOWN = {
    "body mass [kg]": Known(minimum=30.0, maximum=200.0, missing=True),
    "smoker": Known(categories=("no", "yes"), missing=True),
    "member": Known(),
    "joined": Known(minimum=0, maximum=2**62, missing=True),
}


def ruled(cells: Mapping[str, Cells] | None = None) -> bytes:
    """The regression with rules for each column's cells, and what training saw of them."""
    model = onnx.load_from_string(regression())
    manifest = Manifest.from_json(model.metadata_props[0].value)
    inputs = tuple(
        replace(column, cells=(cells or {}).get(column.name, Cells()), known=KNOWN[column.name])
        for column in manifest.inputs
    )
    model.metadata_props[0].value = replace(manifest, inputs=inputs).to_json(indent=None)
    return bytes(model.SerializeToString())


def reading(inputs: tuple[Input, ...]) -> bytes:
    """The cells themselves as numbers, so that any other reading of any cell is another answer."""
    nodes, constants = [], {"nat": _CONSTANTS["nat"], "flat": _CONSTANTS["flat"]}
    for place, column in enumerate(inputs, start=1):
        parts = f"{column.name} as number"
        if column.kind == "text":
            texts = sorted({"", *(column.known.categories or ())} if column.known else {""})
            nodes.append(
                helper.make_node(
                    "LabelEncoder",
                    [column.name],
                    [f"{parts} 32"],
                    domain="ai.onnx.ml",
                    keys_strings=texts,
                    values_floats=[float(n + 1) for n in range(len(texts))],
                    default_float=-1.0,
                )
            )
            cast = f"{parts} 32"
        elif column.kind == "number":
            constants["missing"] = np.float64(-7)
            nodes += [
                helper.make_node("IsNaN", [column.name], [f"{parts} gap"]),
                helper.make_node(
                    "Where", [f"{parts} gap", "missing", column.name], [f"{parts} 64"]
                ),
            ]
            cast = f"{parts} 64"
        else:
            cast = column.name
        constants[f"{parts} weight"] = np.float64(1 / place)
        nodes += [
            helper.make_node("Cast", [cast], [f"{parts} cast"], to=TensorProto.DOUBLE),
            helper.make_node("Mul", [f"{parts} cast", f"{parts} weight"], [parts]),
        ]
    names = [f"{column.name} as number" for column in inputs]
    nodes += [
        helper.make_node("Concat", names, ["prediction_score"], axis=1),
        helper.make_node("ArgMax", ["prediction_score"], ["prediction_label"], axis=1, keepdims=0),
    ]
    outputs = (
        Output("prediction_label", "tensor(int64)", ("N",)),
        Output("prediction_score", "tensor(double)", ("N", len(inputs))),
    )
    manifest = Manifest(
        "reading",
        "classification",
        "y",
        "lr",
        "Logistic Regression",
        inputs,
        outputs,
        labels=tuple(range(len(inputs))),
        verdict="pass",
    )
    return _model(nodes, outputs, manifest, constants)

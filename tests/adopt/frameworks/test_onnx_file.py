from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.adopt.frameworks.onnx_file import Onnx, OnnxFile, read_onnx_file
from pipeline.adopt.sample import Sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ConversionError, PipelineError, UsageError
from pipeline.manifest.tensors import Tensor
from tests.adopt.graphs import ROWS, make_classifier, make_mean_over_length, predict_scores


def test_inputs_have_the_graphs_names_and_a_free_batch() -> None:
    model = OnnxFile(make_classifier(), predict_scores)
    found = Onnx().find_inputs(model, Sample({"input": ROWS}), AdoptConfig())
    assert found == (Tensor("x", "float32", ("batch", 4)),)


def test_a_graph_without_reference_is_refused() -> None:
    with pytest.raises(UsageError, match="reference"):
        Onnx().check(OnnxFile(make_classifier()))


@pytest.mark.parametrize(
    ("array", "rows", "expected"),
    [
        (ROWS.astype(np.float64), "N", "float64"),
        (ROWS[0], "N", "1 axes"),
        (ROWS[:, :3], "N", "is 3"),
        (ROWS, 12, "fixed at 12"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(array: Any, rows: Any, expected: str) -> None:
    model = OnnxFile(make_classifier(rows), predict_scores)
    with pytest.raises(PipelineError) as caught:
        Onnx().find_inputs(model, Sample({"x": array}), AdoptConfig())
    assert expected in str(caught.value)


def test_swapped_axes_are_called_so() -> None:
    graph = make_mean_over_length()
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 6
    with pytest.raises(UsageError, match="another order"):
        Onnx().find_inputs(
            OnnxFile(graph, predict_scores),
            Sample({"x": np.zeros((2, 4, 6), np.float32)}),
            AdoptConfig(),
        )


def test_an_axis_that_the_settings_name_must_be_free_in_the_graph() -> None:
    graph = make_mean_over_length()
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 6
    with pytest.raises(ConversionError, match="fixed at 6"):
        Onnx().find_inputs(
            OnnxFile(graph, predict_scores),
            Sample({"x": np.zeros((2, 6, 4), np.float32)}),
            AdoptConfig(axes={"length": {"x": 1}}),
        )


def test_an_operator_of_ones_own_is_named() -> None:
    graph = make_classifier()
    graph.graph.node[1].domain = "my.ops"
    with pytest.raises(ConversionError, match=r"my\.ops\.Softmax"):
        Onnx().check(OnnxFile(graph, predict_scores))


def test_zipmap_is_refused() -> None:
    graph = make_classifier()
    graph.graph.output[0].CopyFrom(
        helper.make_value_info(
            "scores",
            helper.make_sequence_type_proto(
                helper.make_map_type_proto(
                    TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
                )
            ),
        )
    )
    with pytest.raises(ConversionError, match="zipmap"):
        Onnx().check(OnnxFile(graph, predict_scores))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (lambda _: {"probabilities": ROWS}, "probabilities"),
        (lambda _: (ROWS, ROWS), "too few or many"),
        (lambda feeds: feeds["y"], "KeyError"),
    ],
)
def test_a_reference_that_does_not_fit_is_refused(reference: Any, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        Onnx().predict(OnnxFile(make_classifier(), reference), {"x": ROWS})
    assert expected in str(caught.value)


def test_external_data_are_taken_in(tmp_path: Path) -> None:
    graph = make_classifier()
    onnx.save(
        graph, tmp_path / "m.onnx", save_as_external_data=True, location="m.data", size_threshold=0
    )
    found = read_onnx_file(tmp_path / "m.onnx").graph
    assert found.graph.initializer[0].raw_data == make_classifier().graph.initializer[0].raw_data


@pytest.mark.parametrize("is_gone", [True, False])
def test_external_data_that_are_missing_or_cut_short_are_named(
    tmp_path: Path, is_gone: bool
) -> None:
    onnx.save(
        make_classifier(),
        tmp_path / "m.onnx",
        save_as_external_data=True,
        location="m.data",
        size_threshold=0,
    )
    data = tmp_path / "m.data"
    if is_gone:
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:8])
    with pytest.raises(UsageError, match="m.data" if is_gone else "cannot be read"):
        read_onnx_file(tmp_path / "m.onnx")


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"\xff not a graph")
    with pytest.raises(UsageError, match="no ONNX graph"):
        read_onnx_file(tmp_path / "m.onnx")


def test_dynamic_axes_have_the_settings_names_in_and_out() -> None:
    model = OnnxFile(make_classifier(), predict_scores)
    inputs = (Tensor("x", "float32", ("batch", 4)),)
    graph = Onnx().export(model, inputs, ["scores"], Sample({"x": ROWS}), Path())
    dims = graph.graph.output[0].type.tensor_type.shape.dim
    assert (dims[0].dim_param, dims[1].dim_value) == ("batch", 3)


def test_a_reference_may_write_into_what_it_is_given() -> None:
    def scale(feeds: Any) -> Any:
        x = feeds["x"]
        x /= 255
        return x

    rows = ROWS.copy()
    Onnx().predict(OnnxFile(make_classifier(), scale), {"x": rows})
    np.testing.assert_array_equal(rows, ROWS)


@pytest.mark.parametrize("answer", [3.0, None, np.array([{}], dtype=object)])
def test_a_reference_without_arrays_is_refused(answer: Any) -> None:
    with pytest.raises(UsageError, match="single value or objects"):
        Onnx().predict(OnnxFile(make_classifier(), lambda _: {"scores": answer}), {"x": ROWS})


def test_an_output_is_declared_as_the_reference_has_it() -> None:
    graph = make_classifier()
    graph.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    inputs = (Tensor("x", "float32", ("batch", 4)),)
    found = Onnx().export(
        OnnxFile(graph, predict_scores), inputs, ["scores"], Sample({"x": ROWS}), Path()
    )
    assert found.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"

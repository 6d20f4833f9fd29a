from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from onnx import helper
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from pipeline.adopt.preprocessing.sequence import (
    add_series_input,
    prepare_series,
    restore_output,
)
from pipeline.adopt.preprocessing.sequence_spec import SequenceSpec, read_scaler
from pipeline.errors import ConfigError, ConversionError, DataError
from tests.adopt.preprocessing.networks import make_forecaster, make_network, run_network

SCALERS: tuple[Any, ...] = (StandardScaler(), MinMaxScaler(feature_range=(-1, 1)), RobustScaler())


def _make_series(seed: int, batch: int, length: int, features: int) -> Any:
    """Walks far from 0, where a scaling in float32 would lose half of the digits."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(batch, length, features)) * 10.0 ** rng.integers(-2, 3, features)
    return 1e5 + np.cumsum(steps, axis=1)


def _make_mirror(features: int) -> onnx.ModelProto:
    """A network that answers what it is given, so that its ends can be looked at."""
    node = helper.make_node("Identity", ["series"], ["mirror"])
    shape = ("batch", "length", features)
    return make_network([node], {"series": shape}, {"mirror": shape})


@given(
    st.integers(0, 99),
    st.tuples(st.integers(1, 3), st.integers(1, 30), st.integers(1, 3)),
    st.none() | st.integers(1, 12),
    st.integers(1, 5),
    st.sampled_from(SCALERS),
)
@settings(max_examples=60, deadline=None)
def test_windows_of_any_series_are_scikit_learns_scaling_of_numpys_windows(
    seed: int, shape: tuple[int, int, int], window: int | None, step: int, scaler: Any
) -> None:
    _, length, features = shape
    series = _make_series(seed, *shape)
    scaler.fit(_make_series(seed + 1, 1, 50, features)[0])
    step = step if window is not None else 1
    spec = SequenceSpec(window=window, step=step, scaling=read_scaler(scaler))
    joined = add_series_input(_make_mirror(features), spec)
    if window is not None and window > length:
        with pytest.raises(InvalidArgument, match="out of data bounds"):
            run_network(joined, series=series)
        with pytest.raises(DataError, match=f"{length} steps"):
            prepare_series(series, spec)
        return
    got = run_network(joined, series=series)["mirror"]
    scaled = scaler.transform(series.reshape(-1, features)).reshape(shape)
    want = scaled
    if window is not None:
        want = sliding_window_view(scaled, window, axis=1)[:, ::step].transpose(0, 1, 3, 2)
    np.testing.assert_array_equal(got, want.astype(np.float32))
    np.testing.assert_array_equal(
        restore_output(prepare_series(series, spec), spec, "mirror", series), got
    )


@pytest.mark.parametrize("opset", [15, 18, 20, 22])
@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: type(scaler).__name__)
def test_a_forecast_is_scaled_back_for_series_of_any_number_and_length(
    opset: int, scaler: Any
) -> None:
    scaler.fit(_make_series(7, 1, 80, 3)[0])
    network = make_forecaster(3, 2, opset)
    spec = SequenceSpec(
        window=6, step=2, scaling=read_scaler(scaler), output="forecast", targets=(2, 0)
    )
    joined = add_series_input(network, spec)
    assert joined.opset_import[0].version == opset
    for batch, length in ((1, 6), (2, 7), (7, 31)):
        series = _make_series(batch, batch, length, 3)
        given = prepare_series(series, spec)
        forecasts = run_network(network, series=given)["forecast"]
        rows = np.zeros((len(forecasts), 3))
        rows[:, [2, 0]] = forecasts
        want = scaler.inverse_transform(rows)[:, [2, 0]].reshape(batch, -1, 2)
        got = run_network(joined, series=series)["forecast"]
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, want, rtol=1e-6)  # the network's float32, in two batches


def test_one_feature_without_an_axis_of_its_own_and_a_fixed_length() -> None:
    nodes = [
        helper.make_node("ReduceMean", ["series", "axis"], ["mean"], keepdims=0),
        helper.make_node("ReduceMax", ["series", "axis"], ["largest"], keepdims=1),
    ]
    network = make_network(
        nodes,
        {"series": ("batch", 4)},
        {"mean": ("batch",), "largest": ("batch", 1)},
        {"axis": np.array([1])},
    )
    scaler = StandardScaler().fit([[10.0], [30.0]])
    spec = SequenceSpec(window=4, scaling=read_scaler(scaler), output="mean")
    series = np.arange(12.0).reshape(2, 6)
    got = run_network(add_series_input(network, spec), series=series)
    want = sliding_window_view(series, 4, axis=1)
    np.testing.assert_allclose(got["mean"], want.mean(axis=2), rtol=1e-6)
    np.testing.assert_allclose(got["largest"], (want.max(axis=2, keepdims=True) - 20) / 10, 1e-6)


def test_scaling_alone_leaves_the_axes_as_they_are() -> None:
    spec = SequenceSpec(scaling=read_scaler(StandardScaler().fit([[1.0], [5.0]])))
    joined = add_series_input(make_forecaster(1, 1, time=9), spec)
    (series,) = joined.graph.input
    assert [dim.dim_value for dim in series.type.tensor_type.shape.dim] == [0, 9, 1]
    assert joined.graph.output[0] == make_forecaster(1, 1).graph.output[0]


def test_a_state_beside_the_output_cannot_be_cut_into_windows() -> None:
    nodes = [
        helper.make_node("Transpose", ["series"], ["states"], perm=[1, 0, 2]),
        helper.make_node("Identity", ["series"], ["y"]),
    ]
    shape = ("batch", "length", 1)
    outputs = {"y": shape, "states": ("length", "batch", 1)}
    network = make_network(nodes, {"series": shape}, outputs)
    with pytest.raises(ConversionError, match="states"):
        add_series_input(network, SequenceSpec(window=2))


SCALING = read_scaler(StandardScaler().fit([[1.0, 2.0], [3.0, 5.0]]))


@pytest.mark.parametrize(
    ("network", "spec", "named"),
    [
        (make_forecaster(3, 1), SequenceSpec(scaling=SCALING), "2 features"),
        (make_forecaster(2, 1, time=5), SequenceSpec(window=6), "takes 5"),
        (make_forecaster(2, 1), SequenceSpec(scaling=SCALING, output="forecast"), "targets"),
        (
            make_network(
                [helper.make_node("Abs", ["x"], ["y"])],
                {"x": ("batch", 3, 8, 8)},
                {"y": ("batch", 3, 8, 8)},
            ),
            SequenceSpec(window=2),
            "batch first",
        ),
        (
            make_network(
                [helper.make_node("Add", ["x", "z"], ["y"])],
                {"x": ("batch", "length"), "z": ("batch", "length")},
                {"y": ("batch", "length")},
            ),
            SequenceSpec(input="x", window=2),
            "one input",
        ),
        (
            make_network([helper.make_node("Abs", ["x"], ["y"])], {"x": (1, 4)}, {"y": (1, 4)}),
            SequenceSpec(window=4),
            "dynamic batch",
        ),
    ],
    ids=["features", "window", "targets", "rank", "inputs", "batch"],
)
def test_ends_that_a_spec_does_not_fit_are_refused_with_what_to_set(
    network: onnx.ModelProto, spec: SequenceSpec, named: str
) -> None:
    with pytest.raises(ConfigError) as error:
        add_series_input(network, spec)
    assert named in str(error.value)


@pytest.mark.parametrize(
    "spec", [SequenceSpec(input="x"), SequenceSpec(scaling=SCALING, output="x", targets=(0,))]
)
def test_unknown_names_are_refused_with_those_there_are(spec: SequenceSpec) -> None:
    with pytest.raises(ConversionError) as error:
        add_series_input(make_forecaster(2, 1), spec)
    assert "'x', got" in error.value.message

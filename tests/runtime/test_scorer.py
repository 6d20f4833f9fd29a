"""A scorer gives what the graph computes, whatever the rows come in, and refuses the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.runtime.feeds import CellError
from pipeline.runtime.scorer import Scorer
from tests.small_models import INPUTS, classification, regression

MASS, SMOKER, MEMBER, JOINED = (column.name for column in INPUTS)
ROW: dict[str, Any] = {MASS: 80.5, SMOKER: "yes", MEMBER: True, JOINED: "1970-01-03"}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(regression())


@pytest.fixture(scope="module")
def classifier() -> Scorer:
    return Scorer(classification(("no", "yes")))


def expected(frame: pd.DataFrame) -> Any:
    """What the small regression computes, by pandas."""
    smoke = frame[SMOKER].map(lambda v: 1.0 if pd.isna(v) or v == "" else 1000.0 * (v == "yes"))
    days = pd.to_datetime(frame[JOINED]).fillna(pd.Timestamp(0)).to_numpy().astype("M8[D]")
    mass = frame[MASS].astype(float).fillna(70.0)
    return mass + smoke + 10.0 * frame[MEMBER].astype(bool) + days.astype(float)


FRAMES = st.builds(
    lambda rows: pd.DataFrame(rows, columns=[MASS, SMOKER, MEMBER, JOINED]),
    st.lists(
        st.tuples(
            st.none() | st.floats(-1e9, 1e9) | st.integers(-9, 9),
            st.sampled_from(["yes", "no", "", None, "YES", " yes", "ü\n"]),
            st.booleans(),
            st.none() | st.dates(date(1970, 1, 1), date(2200, 1, 1)),
        ),
        min_size=1,
        max_size=20,
    ),
)


@settings(deadline=None)
@given(FRAMES, st.randoms())
def test_frames_in_any_order_score_as_pandas_computes(frame: pd.DataFrame, random: Any) -> None:
    scorer = Scorer(regression())
    index = list(range(len(frame)))
    random.shuffle(index)
    frame.index = pd.Index(index)
    scored = scorer.score_frame(frame[[JOINED, MEMBER, SMOKER, MASS]])
    pd.testing.assert_index_equal(scored.index, frame.index)
    # the same sum in another order of its four terms
    np.testing.assert_allclose(scored["prediction_label"], expected(frame), rtol=1e-15, atol=1e-6)


def test_the_inputs_of_a_frame_are_kept_as_they_were(scorer: Scorer) -> None:
    frame = pd.DataFrame({**ROW, "charges": 5}, index=[7, 3])
    scored = scorer.score_frame(frame)
    assert list(frame) == [*ROW, "charges"]
    pd.testing.assert_frame_equal(scored[list(frame)], frame)


def test_one_row_scores_as_in_a_column(scorer: Scorer) -> None:
    one = scorer.predict_one(ROW)
    assert one == {"prediction_label": 80.5 + 1000 + 10 + 2}
    assert type(one["prediction_label"]) is float
    many = scorer.predict({name: [value] * 3 for name, value in ROW.items()})
    assert many["prediction_label"].tolist() == [one["prediction_label"]] * 3


def test_one_row_of_a_classifier_is_plain_python(classifier: Scorer) -> None:
    one = classifier.predict_one({MASS: 120})
    assert one == {"prediction_label": "yes", "prediction_score": [0.25, 0.75]}
    assert json.loads(json.dumps(one)) == one


def test_one_row_takes_keywords(classifier: Scorer) -> None:
    assert classifier.predict_one({MASS: 9}) == classifier.predict_one(**{MASS: 9})


@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1, 2)])
def test_scores_are_named_as_pycaret_names_them(labels: Any) -> None:
    scorer = Scorer(classification(labels))
    frame = pd.DataFrame({MASS: [50, 150]})
    scored = scorer.score_frame(frame)
    assert list(scored) == [MASS, "prediction_label", "prediction_score"]
    # the score is the predicted label's, not the largest: with three classes 0.75 is the first's
    assert scored["prediction_score"].tolist() == [0.75, 0.75]
    assert scored["prediction_label"].tolist() == [labels[0], labels[-1]]
    raw = scorer.score_frame(frame, raw_score=True)
    assert list(raw)[2:] == [f"prediction_score_{label}" for label in labels]
    np.testing.assert_array_equal(
        raw[list(raw)[2:]].to_numpy(), scorer.predict({MASS: [50, 150]})["prediction_score"]
    )


@pytest.mark.parametrize("model", [regression(), classification(), classification((1, 2, 3))])
def test_no_rows_give_no_predictions_of_the_same_types(model: bytes) -> None:
    scorer = Scorer(model)
    one = scorer.predict({column.name: [ROW[column.name]] for column in scorer.manifest.inputs})
    none = scorer.predict({column.name: [] for column in scorer.manifest.inputs})
    assert {k: (v.dtype, v.shape[1:]) for k, v in none.items()} == {
        k: (v.dtype, v.shape[1:]) for k, v in one.items()
    }
    frame = pd.DataFrame({column.name: [] for column in scorer.manifest.inputs})
    assert len(scorer.score_frame(frame)) == 0


def test_records_are_scored_as_the_columns_they_hold(scorer: Scorer) -> None:
    rows = [ROW, {**ROW, MASS: None}, {name: ROW[name] for name in (SMOKER, MEMBER)}]
    columns = {name: [row.get(name) for row in rows] for name in ROW}
    expected = scorer.predict(columns)["prediction_label"].tolist()
    assert scorer.predict(rows)["prediction_label"].tolist() == expected
    scored = scorer.score_frame(rows)
    assert [row["prediction_label"] for row in scored] == expected
    assert [
        {k: v for k, v in row.items() if k in given}
        for row, given in zip(scored, rows, strict=True)
    ] == rows


@pytest.mark.parametrize("table", [5, "rows", [1, 2], None, [[1, 2]]])
def test_what_is_no_table_is_refused(scorer: Scorer, table: Any) -> None:
    with pytest.raises(DataError, match="expected a table"):
        scorer.predict(table)


def test_a_missing_column_is_named_with_its_nearest(scorer: Scorer) -> None:
    columns = {"Smoker " if name == SMOKER else name: [value] for name, value in ROW.items()}
    with pytest.raises(DataError, match=r"columns missing: 'smoker' \(text, nearest: 'Smoker '\)"):
        scorer.predict(columns)
    with pytest.raises(DataError, match=r"missing: 'body mass \[kg\]' .*, 'member'.* there are: "):
        scorer.predict({})


def test_a_lazy_frame_is_to_be_collected(scorer: Scorer) -> None:
    frame = pl.DataFrame([ROW])
    assert scorer.predict(frame)["prediction_label"].shape == (1,)
    with pytest.raises(DataError, match="got LazyFrame, expected a table") as caught:
        scorer.predict(frame.lazy())
    assert "collect" in caught.value.hint


def test_a_surplus_column_is_refused_unless_it_may_stay(scorer: Scorer) -> None:
    frame = pd.DataFrame([{**ROW, "charges": 1, "id": 5}])
    with pytest.raises(DataError, match=r"does not take: 'charges', 'id' \(of 6 given\)"):
        scorer.predict({str(name): frame[name] for name in frame})
    with pytest.raises(DataError, match="does not take: 'id'"):
        scorer.score_frame(frame)
    assert scorer.score_frame(frame, ignore_surplus=True)["id"].tolist() == [5]


def test_columns_that_training_ignored_may_stay_in_a_table(scorer: Scorer) -> None:
    frame = pd.DataFrame([{**ROW, "charges": 1, "customer": 7}])
    assert scorer.score_frame(frame)["customer"].tolist() == [7]
    with pytest.raises(DataError, match="does not take: 'customer'"):
        scorer.predict({str(name): frame[name] for name in frame if name != "charges"})


@pytest.mark.parametrize("trained", ["", "Unnamed: 0"])
@pytest.mark.parametrize("name", ["", "Unnamed: 0", "Unnamed: 0.1"])
def test_row_numbers_that_training_left_out_have_several_names(trained: str, name: str) -> None:
    scorer = Scorer(regression())
    scorer.manifest = replace(scorer.manifest, ignored=(trained,))
    assert scorer.score_frame(pd.DataFrame([{name: 0, **ROW}]))[name].tolist() == [0]
    with pytest.raises(DataError, match="does not take: 'Unnamed: 1'"):
        scorer.score_frame(pd.DataFrame([{**ROW, "Unnamed: 1": 0}]))


def test_a_column_named_like_a_prediction_never_gets_lost(scorer: Scorer) -> None:
    frame = pd.DataFrame([{**ROW, "prediction_label": 1}])
    with pytest.raises(DataError, match="does not take: 'prediction_label'") as caught:
        scorer.score_frame(frame, ignore_surplus=True)
    assert "earlier prediction" in str(caught.value.hint)
    assert "ignore" not in str(caught.value.hint)


def test_columns_of_one_name_are_refused(scorer: Scorer) -> None:
    frame = pd.DataFrame([[*ROW.values(), "no"]], columns=[*ROW, SMOKER])
    with pytest.raises(DataError, match="more than once: 'smoker'"):
        scorer.score_frame(frame)


def test_columns_of_different_length_are_refused(scorer: Scorer) -> None:
    columns = {name: [value] for name, value in ROW.items()} | {MASS: [1, 2]}
    with pytest.raises(DataError, match="columns differ in length"):
        scorer.predict(columns)


def test_a_bad_value_is_named_by_row_and_column(scorer: Scorer) -> None:
    frame = pd.DataFrame([ROW, {**ROW, MASS: "heavy"}], index=[9, 9])
    with pytest.raises(CellError, match=r"row 2, column 'body mass \[kg\]': got 'heavy'") as caught:
        scorer.score_frame(frame)
    assert caught.value.details["row"] == 2
    assert caught.value.details["column"] == MASS
    assert caught.value.exit_code == 3


def test_a_model_opens_from_a_path_and_from_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(regression())
    for model in (path, str(path), regression()):
        assert Scorer(model).manifest.name == "small"


def test_what_is_no_model_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="expected an ONNX file"):
        Scorer(tmp_path / "none.onnx")
    with pytest.raises(DataError, match="cannot load the model"):
        Scorer(b"no model at all")
    with pytest.raises(DataError, match="cannot load the model"):
        Scorer(regression()[:-200])
    assert capfd.readouterr() == ("", "")


def test_a_model_without_our_manifest_is_refused() -> None:
    model = onnx.load_from_string(regression())
    del model.metadata_props[:]
    with pytest.raises(DataError, match=r"carries no 'pipeline\.manifest' metadata"):
        Scorer(model.SerializeToString())


def test_a_graph_that_differs_from_its_manifest_is_refused() -> None:
    model = onnx.load_from_string(regression())
    entry = model.metadata_props[0]
    entry.value = entry.value.replace('"smoker"', '"Smoker"')
    with pytest.raises(DataError, match="its manifest says"):
        Scorer(model.SerializeToString())


def test_plain_values_need_nothing_but_onnxruntime_and_numpy(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(regression())
    code = (
        "import sys; from pipeline.scorer import Scorer; "
        f"print(Scorer({str(path)!r}).predict_one({ROW!r})['prediction_label']); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "set('pandas pyarrow sklearn skl2onnx pycaret mlflow onnx typer rich pydantic'.split())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n")[:2] == ["1092.5", "[]"]
    assert done.stderr == ""


def test_a_lack_of_memory_in_a_graph_is_no_damage() -> None:
    """As onnxruntime's arena says it, which is asked for 16 TiB."""
    model = onnx.load_from_string(regression())
    output = model.graph.output[0].name
    node = next(node for node in model.graph.node if output in node.output)
    node.output[list(node.output).index(output)] = "small"
    shape = onnx.numpy_helper.from_array(np.array([2**42]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node.extend(
        [
            onnx.helper.make_node("ConstantOfShape", ["shape"], ["large"]),
            onnx.helper.make_node("ReduceSum", ["large"], ["sum"], keepdims=0),
            onnx.helper.make_node("Cast", ["sum"], ["number"], to=onnx.TensorProto.DOUBLE),
            onnx.helper.make_node("Add", ["small", "number"], [output]),
        ]
    )
    with pytest.raises(MemoryError, match="allocate"):
        Scorer(model.SerializeToString()).predict_one(ROW)

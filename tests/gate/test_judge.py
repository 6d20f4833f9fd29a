"""The gate lets through what is at least as good as the model in use, and says why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, mean_absolute_error, r2_score, roc_auc_score

from pipeline.config.retrain_config import Gate
from pipeline.errors import DataError, GateError
from pipeline.gate import bootstrap
from pipeline.gate import holdout as rows
from pipeline.gate.absolute_checks import MOVED
from pipeline.gate.bootstrap import Interval
from pipeline.gate.contender import Contender
from pipeline.gate.decision import COLUMNS
from pipeline.gate.holdout import SeenRows
from pipeline.gate.judge import judge
from pipeline.gate.paired_comparison import PairedComparison
from pipeline.gate.scored_rows import read_scored_rows
from pipeline.report.chapters import read_tables
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import CLASSIFICATION, REGRESSION
from tests import small_models, tracked
from tests.gate.models import (
    CLASSES,
    NAMES,
    TARGET,
    by,
    check,
    classification,
    numbers,
    regression,
    verdict,
    words,
)

FEW = 40
"""Resamples, which decide as 2,000 do where the difference is clear."""


@pytest.fixture(scope="module", autouse=True)
def _few_resamples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MOST", "OF_CLASSES", "LEAST"):
            patch.setattr(bootstrap, name, FEW)
        yield


EVERY = [
    *((0, name) for name in REGRESSION.metrics),
    *((count, name) for count in (2, 3) for name in CLASSIFICATION.metrics),
]


def pair(count: int, off: float) -> tuple[Contender, Contender, pd.DataFrame]:
    """A good model, one that is off, and the holdout of both."""
    if not count:
        table = numbers()
        return regression(table), regression(table, off=off), table.holdout
    table = words(count)
    return classification(table), classification(table, off=off), table.holdout


def metrics(count: int, name: str) -> Any:
    return by(name, CLASSES[:count] if count else None)


@pytest.mark.parametrize(("count", "name"), EVERY)
def test_the_better_one_passes_and_the_worse_one_does_not(count: int, name: str) -> None:
    good, bad, holdout = pair(count, 1.0)
    better = verdict(good, bad, holdout, metrics(count, name))
    assert better.passed, better.text
    assert better.figures["gain_low"] > 0
    worse = verdict(bad, good, holdout, metrics(count, name))
    assert not worse.passed
    assert worse.figures["gain_high"] < 0
    assert "so it is worse" in worse.text
    assert better.figures["gain"] == -worse.figures["gain"]


@pytest.mark.parametrize(
    ("count", "name"), [(0, "mae"), (0, "r2"), (2, "acc"), (2, "auc"), (3, "f1"), (3, "auc")]
)
def test_an_identical_model_is_never_refused(count: int, name: str) -> None:
    good, _, holdout = pair(count, 1.0)
    found = verdict(good, good, holdout, metrics(count, name), max_churn=0.0, confidence=0.5)
    assert found.passed
    assert (found.figures["gain"], found.figures["churn"]) == (0, 0)
    unpaired = verdict(good, good, holdout.head(5), metrics(count, name), confidence=0.5)
    assert unpaired.passed
    assert unpaired.figures["gain"] == 0


def test_figures_are_those_of_scikit_learn_on_the_graphs_answers() -> None:
    good, bad, holdout = pair(0, 0.2)
    predicted = [Scorer(side.data).score_frame(holdout)["prediction_label"] for side in (good, bad)]
    found = verdict(good, bad, holdout, by("mae")).figures
    errors = [mean_absolute_error(holdout[TARGET], p) for p in predicted]
    assert (found["challenger"], found["champion"]) == pytest.approx(errors, rel=1e-12)
    assert found["gain"] == pytest.approx(errors[1] - errors[0], rel=1e-9)  # smaller is better
    moved = (predicted[0] - predicted[1]).abs() > MOVED * holdout[TARGET].std(ddof=0)
    assert found["churn"] == moved.mean() > 0


def test_figures_of_classes_are_those_of_scikit_learn() -> None:
    good, bad, holdout = pair(2, 0.4)
    answers = [Scorer(side.data).score_frame(holdout, raw_score=True) for side in (good, bad)]
    actual = holdout[TARGET] == CLASSES[1]
    aucs = [roc_auc_score(actual, a[f"prediction_score_{CLASSES[1]}"]) for a in answers]
    found = verdict(good, bad, holdout, metrics(2, "auc")).figures
    assert (found["challenger"], found["champion"]) == pytest.approx(aucs, rel=1e-12)
    labels = [a["prediction_label"] for a in answers]
    assert found["churn"] == (labels[0] != labels[1]).mean() > 0
    scores = [f1_score(actual, label == CLASSES[1]) for label in labels]
    found = verdict(good, bad, holdout, metrics(2, "f1")).figures
    assert (found["challenger"], found["champion"]) == pytest.approx(scores, rel=1e-12)


def contest(gain: float, half: float, margin: float, *, paired: bool) -> PairedComparison:
    found = Interval(gain, gain - half, gain + half, 0.95, 2000)
    return PairedComparison("R2", "", 0.8 + gain, 0.8, found, (50, 50), paired, margin)


@settings(deadline=None)
@given(*(st.floats(0, 1) for _ in range(2)), st.floats(-1, 1), st.booleans())
def test_the_rule(half: float, margin: float, gain: float, paired: bool) -> None:
    passed = contest(gain, half, margin, paired=paired).passed
    if gain >= 0:
        assert passed
    elif gain + half < 0:
        assert not passed  # surely worse, whatever is tolerated
    else:
        assert passed == (gain >= -margin or not paired)


def test_a_loss_that_may_be_chance_is_forgiven_within_the_tolerance() -> None:
    good, slightly, holdout = pair(0, 0.06)
    strict = verdict(slightly, good, holdout)
    assert strict.figures["gain_low"] < strict.figures["gain"] < 0 < strict.figures["gain_high"]
    assert not strict.passed
    assert "so nothing shows that it is as good" in strict.text
    assert "a larger loss than the " in verdict(slightly, good, holdout, tolerance=1e-6).text
    forgiving = verdict(slightly, good, holdout, tolerance=0.05)
    assert forgiving.passed
    assert check(forgiving, "champion").limit == pytest.approx(-0.05 * strict.figures["champion"])


def test_a_sure_loss_is_refused_even_within_the_tolerance() -> None:
    good, bad, holdout = pair(0, 0.5)
    found = verdict(bad, good, holdout, tolerance=1.0)
    assert found.figures["gain_high"] < 0
    assert not found.passed


def test_rows_that_the_champion_has_seen_are_left_out() -> None:
    good, bad, holdout = pair(0, 1.0)
    half = len(holdout) // 2
    known = replace(bad, seen=SeenRows.of(pd.concat([numbers().train, holdout[:half]])))
    found = verdict(good, known, holdout)
    assert found.figures["rows"] == len(holdout) - half
    rest = holdout[half:]
    expected = r2_score(rest[TARGET], Scorer(bad.data).score_frame(rest)["prediction_label"])
    assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seen", ["all", "unknown", "another table's"])
def test_without_unseen_rows_pycarets_own_holdouts_are_compared(seen: str) -> None:
    good, bad, holdout = pair(0, 1.0)
    whole = pd.concat([numbers().train, holdout])
    known = {
        "all": SeenRows.of(whole),
        "unknown": None,
        "another table's": SeenRows.of(whole.assign(gone=1)),
    }[seen]
    for challenger, champion in (
        (good, replace(bad, seen=known)),
        (bad, replace(good, seen=known)),
    ):
        found = verdict(challenger, champion, holdout)
        assert found.passed == (challenger is good)
        text = check(found, "champion").text
        assert "PyCaret's own holdout of 100 rows, the same for both" in text
        assert "only 0 of 200 holdout rows are known to be new to both" in text
        kept = champion.holdout
        assert kept is not None
        expected = r2_score(kept[TARGET], kept["prediction_label"])
        assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)


def test_own_holdouts_of_the_same_rows_are_compared_row_by_row_in_any_order() -> None:
    good, slightly, holdout = pair(0, 0.25)
    few, kept = holdout.head(0), good.holdout
    assert kept is not None
    shuffled = replace(good, holdout=kept.sample(frac=1.0, random_state=3))
    found = verdict(slightly, shuffled, few)
    assert not found.passed
    expected = r2_score(kept[TARGET], kept["prediction_label"])
    assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)
    assert verdict(good, shuffled, few).figures["gain"] == pytest.approx(0, abs=1e-12)


def test_other_rows_refuse_only_what_is_surely_worse() -> None:
    good, slightly, holdout = pair(0, 0.25)
    few, kept = holdout.head(10), good.holdout
    assert kept is not None
    good = replace(good, holdout=kept.iloc[1:])
    assert verdict(slightly, good, few).figures["gain"] < 0
    assert verdict(slightly, good, few).passed
    assert not verdict(regression(numbers(), off=2.0), good, few).passed


def test_nothing_to_compare_on_is_no_reason_to_promote() -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(good, replace(bad, seen=None, holdout=None), holdout)
    assert not found.passed
    assert "nothing to compare with the champion on: only 0 of 200" in found.text


def test_without_a_champion_only_the_challenger_is_checked() -> None:
    good, _, holdout = pair(0, 1.0)
    found = verdict(good, None, holdout)
    assert found.passed
    assert [c.name for c in found.checks] == ["parity", "minimum", "microseconds per row", "bytes"]
    assert set(found.figures) == {"challenger", "microseconds_per_row", "bytes"}
    assert found.text.startswith("passed: R2 ")


@pytest.mark.parametrize(
    ("name", "minimum", "passed"),
    [("r2", 0.5, True), ("r2", 0.999, False), ("mae", 0.1, False), ("mae", 5, True)],
)
def test_the_absolute_limit_knows_what_is_better(name: str, minimum: float, passed: bool) -> None:
    good, _, holdout = pair(0, 1.0)
    found = verdict(good, None, holdout, by(name), minimum=minimum)
    assert found.passed == passed
    assert check(found, "minimum").limit == minimum
    if not passed:
        word = "least" if name == "r2" else "most"
        assert f"expected at {word} {minimum:.4f}" in found.text


def test_a_small_holdout_is_replaced_by_pycarets_own_for_the_absolute_limit() -> None:
    good, _, holdout = pair(0, 1.0)
    kept = good.holdout
    assert kept is not None
    for few in (holdout.head(10), holdout.head(0)):
        found = check(verdict(good, None, few, minimum=0.5), "minimum")
        assert found.found == r2_score(kept[TARGET], kept["prediction_label"])
        assert "on 100 rows of PyCaret's own holdout" in found.text
    unknown = verdict(replace(good, holdout=None), None, holdout.head(10), minimum=0.5)
    assert "R2 cannot be computed of the challenger" in unknown.text
    assert not unknown.passed


@pytest.mark.parametrize(
    ("limit", "name", "text"),
    [
        ({"max_bytes": 100}, "bytes", "B, expected at most 100 B"),
        (
            {"max_microseconds_per_row": 1e-3},
            "microseconds per row",
            "for one row, expected at most 0.0 µs",
        ),
        ({"max_churn": 0.001}, "churn", "of the predictions change, expected at most 0.1%"),
    ],
)
def test_budgets_are_kept(limit: Any, name: str, text: str) -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(good, bad, holdout, **limit)
    assert not check(found, name).passed
    assert text in found.text
    assert check(verdict(good, bad, holdout), name).passed


def test_an_unproven_graph_is_refused() -> None:
    unproven = Contender(small_models.regression(verdict="fail"), None, None)
    frame = tracked.frame(40).assign(charges=np.arange(40.0))
    found = verdict(unproven, None, frame)
    assert not found.passed
    assert "parity with PyCaret: got the verdict 'fail'" in found.text


def broken(side: Contender, how: str, folder: Path) -> Contender:
    data = side.data
    if how == "no numbers":
        model = onnx.load_from_string(data)
        for tensor in model.graph.initializer:
            if tensor.name == "coefficients":
                tensor.raw_data = np.full(tensor.dims, np.nan).tobytes()
        return replace(side, model=model.SerializeToString())
    file = folder / "model.onnx"
    if how != "no file":
        file.write_bytes({"half": data[: len(data) // 2], "empty": b"", "noise": b"\xff" * 99}[how])
    return replace(side, model=file)


@pytest.mark.parametrize("how", ["no file", "empty", "half", "noise", "no numbers"])
def test_a_broken_champion_blocks_nobody(how: str, tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(bad, broken(good, how, tmp_path), holdout, max_churn=0.0)
    assert found.passed
    assert "warning: the champion cannot be scored" in check(found, "champion").text
    assert "gain" not in found.figures


@pytest.mark.parametrize("how", ["no file", "half", "no numbers"])
def test_a_broken_challenger_is_refused(how: str, tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    for champion in (bad, None):
        found = verdict(broken(good, how, tmp_path), champion, holdout)
        assert not found.passed
        assert "the challenger cannot be scored" in found.text


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_flipped_byte_in_the_champion_never_raises(place: int, value: int) -> None:
    good, bad, holdout = pair(0, 1.0)
    data = bytearray(bad.data)
    data[place % len(data)] = value
    assert verdict(good, replace(bad, model=bytes(data)), holdout.head(40)).checks


def test_a_column_that_the_champion_lacks_is_a_note() -> None:
    table = numbers()
    ours, theirs = regression(table), regression(table, names=NAMES[:2])
    found = verdict(ours, theirs, table.holdout)
    assert found.passed
    assert check(found, "inputs").text == "note: only the challenger takes column 'c'"
    assert found.figures["rows"] == len(table.holdout)


def test_a_champion_that_needs_a_column_that_is_gone_is_compared_by_its_own_holdout() -> None:
    table = numbers()
    ours, theirs = regression(table, names=NAMES[:2]), regression(table)
    found = verdict(ours, theirs, table.holdout.drop(columns="c"))
    text = check(found, "champion").text
    assert "the champion cannot take the rows: it takes 'c', which the rows lack" in text
    assert "PyCaret's own holdout" in text
    assert not found.passed  # c matters
    assert "churn" not in found.figures


def test_a_column_of_another_kind_is_a_reason_not_an_error() -> None:
    table = numbers()
    texts = table.holdout.assign(c="x")
    found = verdict(regression(table, names=NAMES[:2]), regression(table), texts)
    assert "the champion cannot take the rows: row 1, column 'c'" in check(found, "champion").text


def test_a_class_that_the_champion_does_not_know_counts_as_answered_wrongly() -> None:
    now, before = words(3), words(2)
    ours, theirs = classification(now), classification(before)
    for name in ("acc", "auc", "f1"):
        found = verdict(ours, theirs, now.holdout, metrics(3, name))
        assert found.passed
        assert "only the challenger knows class 'mid'" in check(found, "classes").text
    accuracy = verdict(ours, theirs, now.holdout, metrics(3, "acc")).figures["champion"]
    said = Scorer(theirs.data).score_frame(now.holdout)["prediction_label"]
    assert accuracy == pytest.approx((said == now.holdout[TARGET]).mean(), rel=1e-12)


@pytest.mark.parametrize("name", CLASSIFICATION.metrics)
def test_a_class_that_only_the_champion_knows_is_a_wrong_answer(name: str) -> None:
    before, now = words(3), words(2)
    ours, theirs = classification(now), classification(before, off=0.6)
    found = verdict(ours, theirs, now.holdout, metrics(2, name))
    assert found.passed
    assert check(found, "champion").text.startswith(f"{CLASSIFICATION.metrics[name]} ")
    assert "only the champion knows class 'mid'" in check(found, "classes").text
    if name == "acc":
        said = Scorer(theirs.data).score_frame(now.holdout)["prediction_label"]
        expected = (said == now.holdout[TARGET]).mean()
        assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)


def test_a_class_in_the_holdout_alone_is_an_error() -> None:
    with pytest.raises(DataError, match="classes that the challenger was not trained on"):
        verdict(classification(words(2)), None, words(3).holdout, metrics(2, "acc"))


def test_another_target_is_refused() -> None:
    good, _, holdout = pair(0, 1.0)
    model = onnx.load_from_string(good.data)
    (entry,) = model.metadata_props
    entry.value = json.dumps(json.loads(entry.value) | {"target": "price"})
    other = replace(good, model=model.SerializeToString())
    found = verdict(good, other, holdout)
    assert not found.passed
    assert "predicts 'price' by regression, the challenger 'target'" in found.text


def test_a_metric_of_probabilities_gives_way_where_a_model_has_none() -> None:
    good, bad, holdout = pair(2, 1.0)
    found = verdict(good, without_scores(bad), holdout, metrics(2, "auc"))
    assert found.passed
    assert check(found, "champion").text.startswith("Accuracy (for AUC) ")
    limited = verdict(without_scores(good), None, holdout, metrics(2, "auc"), minimum=0.1)
    assert "AUC cannot be computed of the challenger" in limited.text


def without_scores(side: Contender) -> Contender:
    model = onnx.load_from_string(side.data)
    (entry,) = model.metadata_props
    manifest = json.loads(entry.value)
    manifest["outputs"] = manifest["outputs"][:1]
    entry.value = json.dumps(manifest)
    del model.graph.output[1]
    kept = side.holdout
    assert kept is not None
    scores = [name for name in kept if name.startswith("prediction_score")]
    return replace(side, model=model.SerializeToString(), holdout=kept.drop(columns=scores))


def test_whole_numbers_as_classes_are_compared_too() -> None:
    table = words(2)
    coded = [
        p.assign(**{TARGET: p[TARGET].map({"high": 7, "low": 12})})
        for p in (table.train, table.holdout)
    ]
    whole = type(table)(*coded)
    found = verdict(
        classification(whole), classification(whole, off=1.0), whole.holdout, by("f1", (7, 12))
    )
    words_found = verdict(
        classification(table), classification(table, off=1.0), table.holdout, metrics(2, "f1")
    )
    assert found.figures["gain"] == words_found.figures["gain"] > 0


def test_a_refusal_names_everything_in_one_line() -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(bad, good, holdout, max_bytes=100, max_churn=0.0)
    with pytest.raises(GateError) as caught:
        found.refuse()
    assert caught.value.exit_code == 6
    assert caught.value.details["failed"] == ("bytes", "champion", "churn")
    for name in ("bytes", "champion", "churn"):
        assert check(found, name).text in caught.value.message
    assert "\n" not in str(caught.value)
    assert "The champion stays" in caught.value.hint
    verdict(good, bad, holdout).refuse()  # which does nothing


def test_the_table_is_one_that_mlflow_shows(tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(good, bad, holdout, max_churn=0.9)
    file = found.write(tmp_path)
    assert file == tmp_path / "tables" / "gate.json"
    content = json.loads(file.read_text())
    assert content["columns"] == list(COLUMNS)
    row = dict(zip(COLUMNS, next(r for r in content["data"] if r[0] == "churn"), strict=True))
    assert row["found"] == pytest.approx(found.figures["churn"], rel=1e-12)
    assert (row["limit"], row["passed"]) == (0.9, True)
    assert len(read_tables(tmp_path)["gate.json"]) == len(found.checks)


def test_the_note_says_it_first() -> None:
    good, bad, holdout = pair(0, 1.0)
    passed, refused = (verdict(a, b, holdout).note() for a, b in ((good, bad), (bad, good)))
    assert passed.startswith("**Gate: passed.**")
    assert refused.startswith("**Gate: refused.** R2 ")
    assert "| champion | " in passed
    assert " | no | " not in passed
    assert " | no | " in refused


def test_a_side_is_read_from_its_folder(tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    tracked.write_artifacts(tmp_path, bad.data, Scorer(bad.data).manifest)
    kept = bad.holdout
    assert kept is not None
    kept.to_parquet(tmp_path / "tables" / "holdout.parquet")
    rows.write_seen_rows(tmp_path, numbers().train)
    found = judge(good, Contender.of(tmp_path), holdout, by("mae"), Gate())
    assert found.figures["gain"] == verdict(good, bad, holdout, by("mae")).figures["gain"]
    for name in ("holdout", "rows"):
        (tmp_path / "tables" / f"{name}.parquet").write_bytes(b"PAR1 damaged PAR1")
    damaged = Contender.of(tmp_path)
    assert damaged.holdout is None
    assert damaged.seen is None


@pytest.mark.parametrize(
    "table", [{"other": [1.0]}, {"y": ["x"], "prediction_label": [1.0]}, {"y": [1.0]}]
)
def test_kept_rows_of_another_table_are_not_known(table: dict[str, list[object]]) -> None:
    manifest: Any = SimpleNamespace(target="y", labels=None)
    assert read_scored_rows(pd.DataFrame(table), manifest) is None
    whole = read_scored_rows(pd.DataFrame({"y": [1.0], "prediction_label": [2.0]}), manifest)
    assert whole is not None and whole.actual.tolist() == [1.0]

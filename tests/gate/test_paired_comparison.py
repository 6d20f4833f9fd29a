"""When a challenger is as good as the champion."""

from __future__ import annotations

import json
from dataclasses import replace

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.gate.bootstrap import Interval
from pipeline.gate.contender import Contender
from pipeline.gate.paired_comparison import PairedComparison
from tests.gate.models import (
    check,
    verdict,
)
from tests.gate.pairs import metrics, pair

pytestmark = pytest.mark.usefixtures("few_resamples")


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

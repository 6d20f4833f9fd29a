from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from pipeline.adopt.mistakes import (
    explain_mismatch,
    find_better_input,
    find_input_mistakes,
    find_label_mistakes,
    find_nondeterminism,
    find_output_mistakes,
    is_softmax_twice,
)

DRAWN = np.random.default_rng(0)
Arrays = Mapping[str, Any]


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    return DRAWN.normal(scale=4, size=(40, 5)).astype(np.float32)


def test_answers_that_agree_need_no_explanation(scores: np.ndarray) -> None:
    assert explain_mismatch({"scores": scores}, {"scores": scores + 1e-7}) == ""


def test_answers_that_have_nothing_in_common_get_none(scores: np.ndarray) -> None:
    assert explain_mismatch({"scores": scores}, {"scores": DRAWN.normal(size=scores.shape)}) == ""


def test_outputs_in_another_order_are_told() -> None:
    one, two = DRAWN.normal(size=(4, 3)), DRAWN.normal(size=(4, 3))
    why = explain_mismatch({"mean": one, "spread": two}, {"mean": two, "spread": one})
    assert "another order" in why


@pytest.mark.parametrize("more", ["graph", "reference"])
def test_one_softmax_more_on_either_side_is_told(scores: np.ndarray, more: str) -> None:
    plain, twice = softmax(scores), softmax(softmax(scores))
    sides = ({"p": plain}, {"p": twice}) if more == "graph" else ({"p": twice}, {"p": plain})
    assert f"one softmax more in the {more}" in explain_mismatch(*sides)


def test_classes_and_columns_that_are_shifted_by_one_are_told(scores: np.ndarray) -> None:
    classes = scores.argmax(axis=1)
    assert "shifted by one" in explain_mismatch({"label": classes}, {"label": classes + 1})
    moved = np.roll(scores, 1, axis=1)
    assert "shifted by one" in explain_mismatch({"scores": scores}, {"scores": moved})


def test_axes_in_another_order_are_told() -> None:
    maps = DRAWN.normal(size=(2, 3, 4, 5))
    why = explain_mismatch({"maps": maps}, {"maps": maps.transpose(0, 2, 3, 1)})
    assert "(0, 3, 1, 2)" in why


def test_a_forgotten_inverse_scaling_is_told_with_its_figures() -> None:
    wanted = DRAWN.normal(100, 20, size=(30, 1))
    why = explain_mismatch({"next": wanted}, {"next": (wanted - 100) / 20})
    assert "20 times" in why
    assert "+100" in why


def test_softmax_of_softmax_is_told_from_probabilities_and_from_an_untrained_network() -> None:
    for classes in (2, 3, 10):
        scores = DRAWN.normal(scale=6, size=(50, classes))
        assert is_softmax_twice(softmax(softmax(scores)))
        assert not is_softmax_twice(softmax(scores))
        assert not is_softmax_twice(softmax(scores / 100))
        assert not is_softmax_twice(scores)
    assert any(
        "softmax of softmax" in said
        for said in find_output_mistakes({"p": softmax(softmax(scores))})
    )


def test_one_class_in_all_rows_is_said(scores: np.ndarray) -> None:
    assert find_output_mistakes({"scores": scores}) == []
    stuck = scores + np.array([0, 100, 0, 0, 0])
    assert "class 1 in all 40" in find_output_mistakes({"scores": stuck})[0]


def test_noise_and_state_between_calls_are_said() -> None:
    values = DRAWN.normal(size=(3, 2))
    assert find_nondeterminism({"y": values}, {"y": values.copy()}) == []
    assert "0.5" in find_nondeterminism({"y": values}, {"y": values + 0.5})[0]
    assert "(2, 2)" in find_nondeterminism({"y": values}, {"y": values[:2]})[0]
    lost = np.full((3, 2), np.nan)
    assert find_nondeterminism({"y": lost}, {"y": lost.copy()}) == []


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_that_are_shifted_by_one_are_said(scores: np.ndarray, shift: int) -> None:
    classes = scores.argmax(axis=1)
    assert find_label_mistakes(scores, classes) == []
    assert "shifted by one" in find_label_mistakes(scores, classes + shift)[0]
    assert "shifted by one" in find_label_mistakes(classes, classes + shift)[0]


def test_numbers_that_lack_their_scale_are_said() -> None:
    known = DRAWN.normal(300, 50, size=40)
    noise = DRAWN.normal(0, 2, size=(40, 1))
    assert find_label_mistakes(known[:, None] + noise, known) == []
    assert "inverse scaling" in find_label_mistakes((known[:, None] + noise - 300) / 50, known)[0]


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = load_digits(return_X_y=True)
    return images.astype(np.float32), labels


def predictor(model: Any, images: np.ndarray) -> Any:
    return lambda feeds: {"p": model.predict_proba(feeds["image"].reshape(len(images), -1))}


def test_a_forgotten_scaler_is_found_by_the_labels(digits: Any) -> None:
    images, labels = digits
    wide = images * 15 + 20  # the sample as it was before training's scaler
    scaled = (wide - wide.mean(axis=0)) / np.where(wide.std(axis=0), wide.std(axis=0), 1)
    model = LogisticRegression(max_iter=300).fit(scaled, labels)
    predict = predictor(model, images)
    assert find_better_input(predict, {"image": scaled}, labels) == []
    assert "standardised" in find_better_input(predict, {"image": wide}, labels)[0]


def test_pixels_that_were_not_divided_are_found_by_their_range_and_by_the_labels() -> None:
    pictures = DRAWN.integers(0, 256, size=(30, 3, 5, 4)).astype(np.float32)
    assert "whole numbers up to 255" in find_input_mistakes({"image": pictures})[0]
    assert find_input_mistakes({"image": pictures / 255}) == []


@pytest.mark.parametrize("way", ["transpose", "reshape"])
def test_a_layout_that_nobody_refuses_is_found_by_the_labels(way: str) -> None:
    labels = DRAWN.integers(0, 3, size=60)
    # The class is the brightest channel; all axes are of one size, so every order is taken.
    first = DRAWN.uniform(0, 1, size=(60, 3, 3, 3)).astype(np.float32)
    first[np.arange(60), labels] += 1
    last = first.transpose(0, 2, 3, 1)
    sample = last if way == "transpose" else last.reshape(first.shape)

    def predict(feeds: Arrays) -> Arrays:
        return {"p": feeds["image"].mean(axis=(2, 3))}

    assert find_better_input(predict, {"image": first}, labels) == []
    assert (
        "NHWC to NCHW"
        in find_better_input(predict, {"image": np.ascontiguousarray(sample)}, labels)[0]
    )


def test_values_that_are_not_finite_are_said() -> None:
    assert "not finite" in find_input_mistakes({"x": np.array([[np.nan]])})[0]

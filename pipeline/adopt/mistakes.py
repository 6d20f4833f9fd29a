"""Recognises ordinary mistakes by numbers alone: what goes in, what comes out, what was expected.

No framework is asked. What is found is a sentence for a person: a warning where a number may be
right all the same, the hint of an error where graph and reference already disagree.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Predict = Callable[[Arrays], Arrays]

RTOL, ATOL = 1e-3, 1e-5
"""Two arrays are the same to an explanation: the outer bound for float32 networks."""
FEWEST = 10
"""Rows below which agreement with labels says nothing."""
CLEARLY = 0.2
"""Share of the rows by which another reading must agree better with the labels."""


def explain_mismatch(expected: Arrays, got: Arrays) -> str:
    """What would turn the graph's answers into the reference's; "" where nothing ordinary does.

    Args:
        expected: the reference's outputs by name.
        got: the graph's, by the same names.
    """
    if crossed := _find_crossed(expected, got):
        return crossed
    for name, want in expected.items():
        if name in got and not _is_close(got[name], want):
            return next((why for test in _EXPLANATIONS if (why := test(name, want, got[name]))), "")
    return ""


def find_nondeterminism(first: Arrays, second: Arrays) -> list[str]:
    """Warnings about outputs that differ, bit by bit, between two calls with the same input."""
    found = []
    for name, one in first.items():
        other = second[name]
        if one.shape != other.shape:
            found.append(
                f"output {name!r} has shape {one.shape}, then {other.shape} for the same input: "
                "the model draws random numbers or keeps state between calls"
            )
        elif not np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"):
            gap = np.nanmax(np.abs(one.astype(np.float64) - other.astype(np.float64)))
            found.append(
                f"output {name!r} differs by up to {gap:.3g} between two calls with the same "
                "input: dropout or other noise is on, or the model keeps state between calls"
            )
    return found


def find_input_mistakes(feeds: Arrays) -> list[str]:
    """Warnings about inputs that look as if a step before the model had been left out."""
    found = []
    for name, array in feeds.items():
        if array.dtype.kind not in "fiu" or array.size == 0:
            continue
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            found.append(f"input {name!r} of the sample has values that are not finite")
        elif array.ndim == 4 and array.dtype.kind == "f" and _holds_pixels(array):
            found.append(
                f"input {name!r} of the sample holds whole numbers up to {array.max():.0f}, as "
                "pictures before scaling do: if the model was trained on scaled pixels, give it "
                "those, or put the scaling into the graph with [image]"
            )
    return found


def find_output_mistakes(outputs: Arrays) -> list[str]:
    """Warnings about answers that look as if softmax were applied twice, or say one thing only."""
    found = []
    for name, scores in outputs.items():
        if scores.ndim != 2 or scores.dtype.kind != "f" or scores.shape[1] < 2:
            continue
        if len(scores) >= FEWEST and is_softmax_twice(scores):
            highest = np.e / (np.e + scores.shape[1] - 1)
            found.append(
                f"output {name!r} looks like softmax of softmax: no probability is above "
                f"{highest:.3g}, the most that two of them allow with {scores.shape[1]} classes, "
                "and with one undone they still add up to 1: leave the model's own softmax out"
            )
        if len(scores) >= FEWEST and len(set(scores.argmax(axis=1))) == 1:
            found.append(
                f"output {name!r} is highest for class {scores[0].argmax()} in all {len(scores)} "
                "rows of the sample: is a scaler before the model forgotten, or is the sample of "
                "one class?"
            )
    return found


def is_softmax_twice(scores: NDArray[Any]) -> bool:
    """Whether (N, K) scores are softmax of probabilities, some of which are above 0.9.

    log(softmax(p)) is p less a number per row; that number is known, as p adds up to 1. An
    untrained network's nearly equal scores pass the first test, not the second.
    """
    scores = scores.astype(np.float64)
    if not np.allclose(scores.sum(axis=1), 1, atol=1e-4) or (scores <= 0).any():
        return False
    logs = np.log(scores)
    inner = logs + (1 - logs.sum(axis=1, keepdims=True)) / scores.shape[1]
    return bool((inner >= -1e-4).all() and (inner.max(axis=1) > 0.9).any())


def find_label_mistakes(outputs: NDArray[Any], labels: NDArray[Any]) -> list[str]:
    """Warnings where predictions fit the known answers only after a shift or a scaling.

    Args:
        outputs: (N, K) scores, (N,) classes, or (N,) or (N, 1) numbers.
        labels: (N,) the known classes as whole numbers, or the known numbers.
    """
    if len(labels) < FEWEST:
        return []
    if labels.dtype.kind == "f":
        why = _find_line("the model's output", labels.ravel(), outputs.ravel())
        return [why] if why and outputs.size == labels.size else []
    predicted = _choose(outputs)
    plain = float(np.mean(predicted == labels))
    for shift in (1, -1):
        agreement = float(np.mean(predicted + shift == labels))
        if agreement >= max(plain + CLEARLY, 0.5):
            return [
                f"{agreement:.0%} of the predicted classes are the sample's labels less {shift}, "
                f"{plain:.0%} the labels themselves: the labels are shifted by one; number them "
                "from 0 in the order of the model's outputs"
            ]
    return []


def find_better_input(predict: Predict, feeds: Arrays, labels: NDArray[Any]) -> list[str]:
    """Warnings where the model agrees far better with the labels once its input is changed.

    Tried are pictures with their channels moved, pixels divided by 255, and columns standardised
    by the sample's own mean and deviation.

    Args:
        predict: the reference; the first of its outputs is held against the labels.
        labels: (N,) the known classes, as whole numbers.
    """
    if len(labels) < FEWEST or labels.dtype.kind not in "iu":
        return []
    plain = _agree(predict, feeds, labels)
    tried = [(_agree(predict, changed, labels), what) for what, changed in _change(feeds)]
    best, what = max(tried, default=(0.0, ""), key=lambda one: one[0])
    if best < max(plain + CLEARLY, 0.5):
        return []
    return [
        f"{plain:.0%} of the predictions are the sample's labels, but {best:.0%} where {what}: "
        "give the model what it was trained on, or put that step into the graph"
    ]


def _change(feeds: Arrays) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """The same feeds with one input changed in one ordinary way, and that way in words."""
    for name, array in feeds.items():
        if array.dtype.kind != "f":
            continue
        if array.ndim == 4:
            yield from ((what, {**feeds, name: moved}) for what, moved in _lay_out(name, array))
        if _holds_pixels(array):
            scaled = (array / 255).astype(array.dtype)
            yield f"{name!r} is divided by 255", {**feeds, name: scaled}
        axes_of_rows = tuple(range(array.ndim - 1)) if array.ndim < 4 else None
        spread = array.std(axis=axes_of_rows, keepdims=True)
        standard = (array - array.mean(axis=axes_of_rows, keepdims=True)) / np.where(
            spread, spread, 1
        )
        yield f"{name!r} is standardised", {**feeds, name: standard.astype(array.dtype)}


def _lay_out(name: str, array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """(N, …) pictures with their channels elsewhere: moved, or reshaped where they had to be."""
    n, a, b, c = array.shape
    for axes, what in (((0, 3, 1, 2), "NHWC to NCHW"), ((0, 2, 3, 1), "NCHW to NHWC")):
        yield f"the axes of {name!r} are moved from {what}", array.transpose(axes).copy()
    remade = array.reshape(n, b, c, a).transpose(0, 3, 1, 2)
    yield f"{name!r} is moved from NHWC to NCHW by transpose, not by reshape", remade.copy()
    remade = array.reshape(n, c, a, b).transpose(0, 2, 3, 1)
    yield f"{name!r} is moved from NCHW to NHWC by transpose, not by reshape", remade.copy()


def _agree(predict: Predict, feeds: Arrays, labels: NDArray[Any]) -> float:
    """Share of the labels that the model predicts; 0 where it does not take the feeds."""
    try:
        outputs = predict(feeds)
    except Exception:  # noqa: BLE001 - a framework refuses a layout with what error it likes
        return 0.0
    predicted = _choose(next(iter(outputs.values())))
    return float(np.mean(predicted == labels)) if predicted.shape == labels.shape else 0.0


def _choose(outputs: NDArray[Any]) -> NDArray[Any]:
    """(N,) classes of (N, K) scores, or of (N,) and (N, 1) classes or probabilities."""
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        return np.asarray(outputs.argmax(axis=1))
    flat = outputs.reshape(len(outputs), -1)[:, 0]
    return np.rint(flat).astype(np.int64) if flat.dtype.kind == "f" else flat


def _holds_pixels(array: NDArray[Any]) -> bool:
    """Whether all are whole numbers from 0 to 255, and some are above 16."""
    low, high = array.min(), array.max()
    return bool(low >= 0 and 16 < high <= 255 and np.array_equal(array, np.rint(array)))


def _find_crossed(expected: Arrays, got: Arrays) -> str:
    """Outputs that hold what the reference gives under another name."""
    wrong = [name for name in expected if name in got and not _is_close(got[name], expected[name])]
    pairs = itertools.permutations(wrong, 2)
    moved = {name: other for name, other in pairs if _is_close(got[name], expected[other])}
    if not wrong or len(moved) < len(wrong):
        return ""
    order = ", ".join(f"{name!r} holds {other!r}" for name, other in moved.items())
    return f"the outputs are in another order ({order}): name them in the order of the model"


def _is_close(got: NDArray[Any], expected: NDArray[Any]) -> bool:
    if got.shape != expected.shape or not {got.dtype.kind, expected.dtype.kind} <= {*"fiub"}:
        return bool(got.shape == expected.shape and (got == expected).all())
    return bool(np.allclose(got, expected, rtol=RTOL, atol=ATOL, equal_nan=True))


def _softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):  # of what is not finite
        raised = np.exp(scores.astype(np.float64) - scores.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _find_softmax(name: str, expected: NDArray[Any], got: NDArray[Any]) -> str:
    if expected.ndim < 2 or expected.shape != got.shape or expected.dtype.kind != "f":
        return ""
    if _is_close(got, _softmax(expected)):
        return f"output {name!r} has one softmax more in the graph than in the reference"
    if _is_close(_softmax(got), expected):
        return f"output {name!r} has one softmax more in the reference than in the graph"
    return ""


def _find_shift(name: str, expected: NDArray[Any], got: NDArray[Any]) -> str:
    if expected.shape != got.shape:
        return ""
    if expected.dtype.kind in "iu" and got.dtype.kind in "iu":
        gaps = set(np.unique(got.astype(np.int64) - expected.astype(np.int64)))
        if gaps in ({1}, {-1}):
            return f"the classes of output {name!r} are shifted by one"
    if expected.ndim == 2 and expected.shape[1] > 2:
        for step in (1, -1):
            if _is_close(np.roll(got, step, axis=1), expected):
                return f"the columns of output {name!r} are shifted by one"
    return ""


def _find_layout(name: str, expected: NDArray[Any], got: NDArray[Any]) -> str:
    if expected.size != got.size or expected.ndim != got.ndim:
        return ""
    orders: Iterator[Sequence[int]] = itertools.permutations(range(got.ndim))
    for axes in itertools.islice(orders, 1, None):
        turned = got.transpose(axes)
        if turned.shape == expected.shape and _is_close(turned, expected):
            return f"output {name!r} has its axes in another order ({tuple(axes)})"
    return ""


def _find_line(name: str, expected: NDArray[Any], got: NDArray[Any]) -> str:
    """Whether numbers that were expected are a line through those that came out."""
    if expected.shape != got.shape or expected.dtype.kind != "f" or expected.size < FEWEST:
        return ""
    x, y = got.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or x.std() == 0 or y.std() == 0:
        return ""
    slope, start = np.polyfit(x, y, 1)
    if np.corrcoef(x, y)[0, 1] < 0.99 or (abs(slope - 1) < 0.5 and abs(start) < y.std() / 2):
        return ""
    return (
        f"what is expected of {name} is {slope:.4g} times what came out and {start:+.4g}: is the "
        "inverse scaling forgotten?"
    )


_EXPLANATIONS: Sequence[Callable[[str, NDArray[Any], NDArray[Any]], str]] = (
    _find_softmax,
    _find_shift,
    _find_layout,
    lambda name, expected, got: _find_line(f"output {name!r}", expected, got),
)

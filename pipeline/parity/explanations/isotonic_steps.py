"""Proves that a prediction depends on the rounding of scores at an isotonic step.

A curve is fitted to the scores of training rows and may rise by 1e13 between two of them, so the
last digit of an exponential decides, for which NumPy has a code path for each kind of processor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from pipeline.convert.registry import class_key
from pipeline.convert.submodels import list_submodels
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification

ROUNDING = 1e-12
"""Scores this close, relative to the larger of the score and a typical one, differ by rounding."""

_RESPONSES = ("decision_function", "predict_proba")

_SESSIONS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""Folds whose classifier is a graph already: each batch of a trial asks it again."""


def is_steep(estimator: Any) -> bool:
    """Whether a fitted model maps its scores by isotonic curves."""
    return class_key(estimator) == "sklearn.CalibratedClassifierCV" and any(
        hasattr(curve, "X_thresholds_")
        for fold in estimator.calibrated_classifiers_
        for curve in fold.calibrators
    )


def with_graph_scores(estimator: Any) -> Any:
    """The same model, but its isotonic curves read the graph's scores where only rounding differs.

    Everything else stays scikit-learn's. The model itself where it has no such curve.
    """
    ours: dict[int, Any] = {id(fold.estimator): _Scores(fold) for fold in _folds(estimator)}
    return deepcopy(estimator, ours) if ours else estimator


def _folds(estimator: Any) -> Iterator[Any]:
    for member, _ in list_submodels(estimator):
        if is_steep(member):
            yield from member.calibrated_classifiers_


class _Scores:
    """The classifier of a calibration's fold, but its scores are the graph's where only they round.

    Curves inside the classifier read the graph's scores as well.
    """

    def __init__(self, fold: Any) -> None:
        self.fold = fold
        self.estimator = with_graph_scores(fold.estimator)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("estimator", "fold"):
            raise AttributeError(name)
        found = getattr(self.estimator, name)
        return self._near(found) if name in _RESPONSES else found

    def __deepcopy__(self, memo: Any) -> _Scores:
        return self

    def _near(self, response: Callable[[Any], NDArray[np.float64]]) -> Callable[[Any], Any]:
        @wraps(response)
        def near(x: Any) -> NDArray[np.float64]:
            theirs = response(x)
            ours = self._ours(np.asarray(x, dtype=float), response.__name__).reshape(theirs.shape)
            typical = np.median(np.abs(theirs), axis=0)
            slack = ROUNDING * np.maximum(np.abs(theirs), typical)
            return np.where(np.abs(ours - theirs) <= slack, ours, theirs)

        return near

    def _ours(self, x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        if self.fold not in _SESSIONS:
            _SESSIONS[self.fold] = _session(self.fold.estimator, x.shape[1], name)
        feeds = {f"x{i}": np.ascontiguousarray(column[:, None]) for i, column in enumerate(x.T)}
        (found,) = _SESSIONS[self.fold].run(["scores"], feeds)
        return np.asarray(found, dtype=float)


def _session(estimator: Any, width: int, name: str) -> Any:
    """The graph of a classifier's decision function or probabilities, by the name it is asked."""
    from pipeline.runtime.session import open_session

    graph = Graph()
    matrix = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(width)])
    outcome = convert_estimator(estimator, Features.of(matrix, width), graph)
    assert isinstance(outcome, Classification)
    scores = outcome.scores if name == _RESPONSES[0] else outcome.probabilities
    assert scores is not None  # else the model would have no graph
    return open_session(graph.model({"scores": (scores, ["N", None])}).SerializeToString())

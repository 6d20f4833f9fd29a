"""Isotonic curves that read the graph's scores: what proves that an answer hangs on their rounding.

A curve is fitted to the scores of training rows and may rise by 1e13 between two of them, so the
last digit of an exponential decides, for which NumPy has a code path for each kind of processor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.features import Features
from pipeline.convert.graph import Graph
from pipeline.convert.members import members
from pipeline.convert.outcome import Classification
from pipeline.convert.registry import key
from pipeline.convert.tensor import DOUBLE

ROUNDING = 1e-12
"""Scores this close, relative to the larger of the score and a typical one, differ by rounding."""

_RESPONSES = ("decision_function", "predict_proba")


def is_steep(estimator: Any) -> bool:
    """Whether a fitted model maps its scores by isotonic curves."""
    return key(estimator) == "sklearn.CalibratedClassifierCV" and any(
        hasattr(curve, "X_thresholds_")
        for fold in estimator.calibrated_classifiers_
        for curve in fold.calibrators
    )


def reading_our_scores(estimator: Any) -> Any:
    """The same model, but its isotonic curves read the graph's scores where only rounding differs.

    Everything else stays scikit-learn's. The model itself where it has no such curve.
    """
    if not any(is_steep(member) for member, _ in members(estimator)):
        return estimator
    other = deepcopy(estimator)
    for fold, original in zip(list(_folds(other)), _folds(estimator), strict=True):
        fold.estimator = _Scores(fold.estimator, original.estimator)
    return other


def _folds(estimator: Any) -> Iterator[Any]:
    for member, _ in members(estimator):
        if is_steep(member):
            yield from member.calibrated_classifiers_


@dataclass
class _Scores:
    """A fitted classifier whose scores are the graph's.

    Attributes:
        estimator: scikit-learn's, which is asked too.
        original: the same, as it is converted; the other may hold curves that read our scores.
    """

    estimator: Any
    original: Any
    _session: Any = field(default=None, repr=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "estimator":
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
        from pipeline.scorer import open_session

        if self._session is None:
            graph, width = Graph(), x.shape[1]
            matrix = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(width)])
            outcome = convert_estimator(self.original, Features.of(matrix, width), graph)
            assert isinstance(outcome, Classification)
            scores = outcome.scores if name == _RESPONSES[0] else outcome.probabilities
            assert scores is not None  # else the model would have no graph
            model = graph.model({"scores": (scores, ["N", None])})
            self._session = open_session(model.SerializeToString())
        feeds = {f"x{i}": np.ascontiguousarray(column[:, None]) for i, column in enumerate(x.T)}
        (found,) = self._session.run(["scores"], feeds)
        return np.asarray(found, dtype=float)

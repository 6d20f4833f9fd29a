"""Converts polynomial features."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import numpy as np

from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column

Factors = tuple[int, ...]
"""The columns that a term multiplies, ascending, repeated for powers; () is the constant 1."""


def convert_polynomial_features(step: Step) -> dict[str, Column]:
    """(N, W) ─per degree: Gather(smaller terms) · Gather(one column each)─► Concat (N, T).

    A term is the smaller term without its first factor, times that factor: scikit-learn's order.
    """
    transformer = step.transformer
    wanted = [tuple(np.repeat(np.arange(len(p)), p).tolist()) for p in transformer.powers_]
    levels = _levels(wanted)
    x = step.matrix
    places: dict[Factors, int] = {}
    parts: list[Tensor] = []
    for degree, terms in levels.items():
        parts.append(_products(x, terms, parts[-1], levels[degree - 1]) if degree > 1 else x)
        places |= {term: len(places) + i for i, term in enumerate(terms)}
    if () in wanted:
        places[()] = len(places)
        parts.append(x.columns([0]) * 0.0 + 1.0)
    matrix = x.graph.concat(parts)
    order = [places[term] for term in wanted]
    ordered = matrix if order == list(range(len(places))) else matrix.columns(order)
    return step.cells(ordered, list(map(str, step.made.columns)))


def _levels(wanted: list[Factors]) -> dict[int, list[Factors]]:
    """The terms to compute by degree: those wanted and every smaller one they build on."""
    width = 1 + max(chain.from_iterable(wanted))
    needed = dict.fromkeys(term[i:] for term in wanted for i in range(len(term)))
    levels: dict[int, list[Factors]] = {1: [(column,) for column in range(width)]}
    for degree in range(2, 1 + max(map(len, wanted))):
        levels[degree] = [term for term in needed if len(term) == degree]
    return levels


def _products(x: Tensor, terms: list[Factors], smaller: Tensor, known: list[Factors]) -> Tensor:
    """One degree's terms, (N, len(terms)), from the degree below."""
    position = {term: index for index, term in enumerate(known)}
    rest = smaller.columns([position[term[1:]] for term in terms])
    return rest * x.columns([term[0] for term in terms])


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.PolynomialFeatures": StepEntry(
        convert_polynomial_features,
        "skl2onnx writes one product of powers per term",
        does="adds products of the columns up to degree {t.degree}",
    ),
}

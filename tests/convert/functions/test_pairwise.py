from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from pipeline.convert.functions.pairwise import (
    apply_by_blocks,
    chebyshev_distances,
    manhattan_distances,
    minkowski_sums,
    radial_kernel,
    sqeuclidean_distances,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from tests.convert.harness import run

Distances = Callable[[Tensor, NDArray[np.float64]], Tensor]
RNG = np.random.default_rng(0)
REFERENCES = RNG.normal(size=(150, 9)) * 10.0 ** RNG.integers(-3, 4, size=9)


def _distances(distances: Distances, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    graph = Graph()
    x = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(rows.shape[1])])
    shape = (rows.shape[1], len(REFERENCES))
    answer = apply_by_blocks(x, shape, len(REFERENCES), lambda block: distances(block, REFERENCES))
    return run(graph.model({"d": (answer, ["N", None])}), rows)["d"]


@pytest.mark.parametrize(
    ("distances", "options"),
    [
        (lambda x, y: sqeuclidean_distances(x, y).sqrt(), {"metric": "euclidean"}),
        (manhattan_distances, {"metric": "manhattan"}),
        (chebyshev_distances, {"metric": "chebyshev"}),
    ],
)
def test_distances_are_a_trees_to_the_last_bit(
    distances: Distances, options: dict[str, Any]
) -> None:
    rows = np.vstack([REFERENCES[::3], RNG.normal(size=(300, 9)) * REFERENCES.std(axis=0)])
    tree = NearestNeighbors(n_neighbors=150, algorithm="kd_tree", **options).fit(REFERENCES)
    expected = tree.kneighbors(rows)[0]
    np.testing.assert_array_equal(np.sort(_distances(distances, rows), axis=1), expected)


def test_minkowskis_distance_before_its_root() -> None:
    rows = RNG.normal(size=(20, 9))
    expected = np.sum(np.abs(rows[:, None] - REFERENCES[None]) ** 1.7, axis=2)
    got = _distances(lambda x, y: minkowski_sums(x, y, 1.7), rows)
    np.testing.assert_allclose(got, expected, rtol=1e-14)


@pytest.mark.parametrize("count", [0, 1, 217, 218, 219, 437])
def test_blocks_cover_every_row_once(count: int) -> None:
    rows = RNG.normal(size=(count, 9))
    expected = np.sum(np.abs(rows[:, None] - REFERENCES[None]), axis=2)
    np.testing.assert_allclose(_distances(manhattan_distances, rows), expected, rtol=1e-14)


ROWS = {
    "the references themselves": REFERENCES,
    "near them": REFERENCES + RNG.normal(size=REFERENCES.shape) * 1e-3,
    "all about": RNG.normal(size=(300, 9)) * REFERENCES.std(axis=0) * 3.0,
    "one value far out": np.where(np.eye(9) > 0.0, 1e6, REFERENCES[:9]),
    "beyond all squares": np.full((2, 9), 1e300) * [[1.0], [-1.0]],
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("gamma", [0.0, 1e-12, 1e-4, 0.05, 1.0, 1e6])
def test_the_radial_kernel_is_the_exponential_of_direct_differences(
    gamma: float, rows: NDArray[np.float64]
) -> None:
    """The columns' scales differ a millionfold: all are narrow, some or (nearly) none."""
    squares = ((rows[:, None] - REFERENCES[None]).clip(-1e150, 1e150) ** 2).sum(axis=2)
    expected = np.exp(-gamma * squares)
    got = _distances(lambda x, y: radial_kernel(x, y, gamma), rows)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-300)
    assert ((got > 0.0) == (expected > 0.0)).mean() > 0.999  # the last one rounds to 0 or not


def test_the_radial_kernel_of_many_columns_is_as_exact() -> None:
    """Each is narrow by itself; together their squares are a hundred times too large."""
    references = RNG.normal(size=(40, 300)) * 3.0
    rows = references[::-1] + RNG.normal(size=references.shape) * 0.5
    graph = Graph()
    x = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(300)])
    got = run(graph.model({"k": (radial_kernel(x, references, 2.0), ["N", None])}), rows)["k"]
    squares = ((rows[:, None] - references[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(got, np.exp(-2.0 * squares), rtol=1e-12, atol=1e-300)


def test_the_radial_kernels_do_not_need_the_columns_to_lie_around_zero() -> None:
    shifted = REFERENCES[:, :3] + 1e6
    graph = Graph()
    x = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(3)])
    got = run(graph.model({"k": (radial_kernel(x, shifted, 1.0), ["N", None])}), shifted)["k"]
    squares = ((shifted[:, None] - shifted[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(got, np.exp(-squares), rtol=1e-12, atol=1e-300)

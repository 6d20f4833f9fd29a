"""A shortlist of neighbours: scikit-learn's own where it says that it is certain."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from pipeline.convert.functions.nearest_candidates import shortlist_nearest
from pipeline.convert.functions.pairwise import StoredRows
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from tests.convert.harness import run

RNG = np.random.default_rng(0)
REFERENCES = RNG.normal(size=(120, 5)) * [1.0, 10.0, 0.1, 3.0, 1.0]
K = 4


def shortlist(rows: np.ndarray, references: np.ndarray, brute: bool) -> dict[str, np.ndarray]:
    graph = Graph()
    x = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(rows.shape[1])])
    found = shortlist_nearest(x, StoredRows.of(graph, references), K, brute)
    outputs = {
        "reduced": (found.reduced, ["N", K]),
        "nearest": (found.nearest, ["N", K]),
        "certain": (found.certain.reshape(-1), [1]),
    }
    return run(graph.model(outputs), rows)


@pytest.mark.parametrize("brute", [False, True])
def test_the_nearest_and_their_distances_are_scikit_learns(brute: bool) -> None:
    rows = np.vstack([RNG.normal(size=(60, 5)) * 4, REFERENCES[:20] + 1e-3])
    tree = NearestNeighbors(n_neighbors=K, algorithm="brute" if brute else "kd_tree")
    distances, places = tree.fit(REFERENCES).kneighbors(rows)
    found = shortlist(rows, REFERENCES, brute)
    np.testing.assert_array_equal(found["nearest"], places)
    np.testing.assert_allclose(np.sqrt(found["reduced"]), distances, rtol=1e-6 if brute else 1e-15)
    assert found["certain"].all()


def test_a_row_that_equals_a_reference_is_at_distance_zero_from_it() -> None:
    for brute in (False, True):
        found = shortlist(REFERENCES, REFERENCES, brute)
        assert (found["reduced"][:, 0] == 0.0).all()
        np.testing.assert_array_equal(found["nearest"][:, 0], np.arange(len(REFERENCES)))


def test_many_references_at_one_distance_leave_a_doubt() -> None:
    """More of them than candidates: whichever is nearest by rounding alone is not known."""
    corners = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    references = np.vstack([corners, corners * 9.0])
    assert not shortlist(np.zeros((1, 3)), references, brute=False)["certain"].any()
    assert shortlist(corners[:1], references, brute=False)["certain"].size == 1

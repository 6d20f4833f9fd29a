from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pipeline.adopt.preprocessing.preparation import (
    add_preparation,
    describe_preparation,
    find_doubts,
    find_prepared,
    prepare_arrays,
    restore_outputs,
)
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ConfigError, UsageError
from tests.adopt.preprocessing.networks import make_classifier, make_forecaster, run_network

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (3, 21, 16, 3), dtype=np.uint8)
SERIES = RNG.normal([300.0, 5.0], [12.0, 0.5], size=(4, 20, 2))
IMAGE = AdoptConfig(**{"image": {"resize": 10, "crop": 8, "mean": 0.5, "std": 0.25}})
SEQUENCE = AdoptConfig(
    **{
        "sequence": {
            "window": 5,
            "mean": [300.0, 5.0],
            "std": [12.0, 0.5],
            "output": "forecast",
            "targets": [1],
        }
    }
)
CASES: dict[str, tuple[AdoptConfig, Any, dict[str, Any]]] = {
    "image": (IMAGE, make_classifier(), {"input": PICTURES}),
    "sequence": (SEQUENCE, make_forecaster(2, 1), {"series": SERIES}),
    "neither": (AdoptConfig(), make_forecaster(2, 1), {"series": SERIES.astype(np.float32)}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_graph_answers_the_sample_as_the_network_answers_what_was_prepared(case: str) -> None:
    config, network, arrays = CASES[case]
    want = restore_outputs(run_network(network, **prepare_arrays(arrays, config)), config, arrays)
    got = run_network(add_preparation(network, config), **arrays)
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("case", ["image", "sequence"])
def test_the_manifest_can_hold_what_was_done(case: str) -> None:
    described = describe_preparation(CASES[case][0])
    assert list(described) == [case]
    assert json.loads(json.dumps(described))


def test_doubts_are_those_of_the_section_or_of_its_lack() -> None:
    assert find_doubts({"input": PICTURES}, IMAGE) == []
    assert find_doubts({"series": SERIES}, SEQUENCE) == []
    assert len(find_doubts({"a": SERIES, "b": PICTURES / 255}, AdoptConfig())) == 2
    with pytest.raises(UsageError):
        find_doubts({"input": PICTURES / 255}, IMAGE)


def test_a_section_is_for_one_input_which_has_to_be_clear() -> None:
    two = {"a": SERIES, "b": SERIES}
    named = AdoptConfig(**{"sequence": {"input": "b", "window": 2}})
    assert find_prepared(two, named) == "b"
    for arrays, config in ((two, IMAGE), (two, SEQUENCE), ({"a": SERIES}, named)):
        with pytest.raises(ConfigError, match="one input"):
            find_prepared(arrays, config)


def test_pictures_and_series_at_once_are_refused() -> None:
    with pytest.raises(ConfigError, match="one of them"):
        AdoptConfig(**{"image": {}, "sequence": {}})

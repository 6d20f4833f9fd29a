from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from pipeline.adopt.preprocessing.image_spec import ImageSpec
from pipeline.adopt.settings import AdoptConfig, read_adopt_config
from pipeline.errors import ConfigError


def test_a_named_axis_is_dynamic_beside_the_batch(tmp_path: Path) -> None:
    file = tmp_path / "adopt.toml"
    file.write_text('inputs = ["series", "month"]\n[axes]\nlength = { series = 1 }\n')
    config = read_adopt_config(file, "m")
    assert config.find_shape("series", np.zeros((3, 24, 2))) == ("batch", "length", 2)
    assert config.find_shape("month", np.zeros((3, 24))) == ("batch", 24)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"axes": {"length": {"series": 0}}}, "axes.length.series"),
        ({"axes": {"batch": {"series": 1}}}, "axis 0 of every input"),
        ({"axes": {"a": {"x": 1}, "b": {"x": 1}}}, "two names"),
        ({"outputs": ["a", "a"]}, "each once"),
        ({"inputs": ["a b"]}, "inputs.0"),
        ({"rtol": 1}, "rtol"),
        ({"output": ["a"]}, "outputs"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        AdoptConfig(name="m", **values)
    assert expected in str(caught.value)


def test_an_axis_that_the_sample_does_not_have_is_refused() -> None:
    config = AdoptConfig(name="m", axes={"length": {"series": 2}})
    with pytest.raises(ConfigError, match="2 axes"):
        config.find_shape("series", np.zeros((3, 24)))


def test_preparation_is_read_from_sections_of_its_own() -> None:
    config = AdoptConfig(**tomllib.loads("[image]\nresize = 8\ncrop = 8"))
    assert config.image == ImageSpec(resize=8, crop=8)
    config = AdoptConfig(**tomllib.loads("[sequence]\nmean = 1\nstd = 2\nwindow = 3"))
    assert config.sequence is not None
    assert config.sequence.window == 3
    with pytest.raises(ConfigError, match="resize"):
        AdoptConfig(**tomllib.loads("[image]\nresize = 0"))


def test_labels_may_stand_in_the_section_of_pictures() -> None:
    config = AdoptConfig(**tomllib.loads('[image]\nlabels = ["cat", "dog"]'))
    assert config.labels == ("cat", "dog")
    with pytest.raises(ConfigError, match="labels"):
        AdoptConfig(**tomllib.loads('labels = ["dog", "cat"]\n[image]\nlabels = ["cat", "dog"]'))

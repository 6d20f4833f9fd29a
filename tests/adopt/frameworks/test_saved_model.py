from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from pipeline.adopt.framework import find_framework
from pipeline.adopt.frameworks.saved_model import TensorFlow, load_saved_model
from pipeline.adopt.output_shapes import resize_feeds
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ModelError, UsageError
from tests.adopt.frameworks import keras_models as models
from tests.adopt.frameworks.test_keras import AXES, run

pytestmark = pytest.mark.long
tf = pytest.importorskip("tensorflow", reason="of the extra `tensorflow`")


@pytest.mark.parametrize("make", [models.make_table, models.make_sequence, models.make_dict_heads])
def test_the_graph_predicts_as_the_folder_does(make: Any, tmp_path: Path) -> None:
    model, arrays = make()
    model.export(tmp_path / "saved", verbose=False)
    _compare(load_saved_model(tmp_path / "saved"), arrays, tmp_path)


def test_a_module_without_keras_is_taken_by_its_signature(tmp_path: Path) -> None:
    class Area(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec([None], name="w"), tf.TensorSpec([None], name="h")]
        )
        def measure(self, w, h):
            return {"area": w * h, "edge": 2 * (w + h)}

    module = Area()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.measure)
    _compare(
        load_saved_model(tmp_path / "saved"),
        {"h": models.draw(6), "w": models.draw(6) + 1},
        tmp_path,
    )


def test_outputs_are_renamed_by_the_settings(tmp_path: Path) -> None:
    model, arrays = models.make_sequence()
    model.export(tmp_path / "saved", verbose=False)
    proto = _compare(load_saved_model(tmp_path / "saved"), arrays, tmp_path, outputs=("next",))
    assert [value.name for value in proto.graph.output] == ["next"]


def test_a_graph_that_writes_files_is_loaded_only_if_trusted(tmp_path: Path) -> None:
    class Writer(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 1], name="x")])
        def run(self, x):
            tf.io.write_file(str(tmp_path / "written"), "here")
            return {"y": x}

    module = Writer()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.run)
    with pytest.raises(UsageError, match="WriteFile"):
        load_saved_model(tmp_path / "saved")
    assert not (tmp_path / "written").exists()
    assert load_saved_model(tmp_path / "saved", trust=True).signature == "serving_default"


def test_a_folder_that_is_none_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no SavedModel"):
        load_saved_model(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff nothing")
    with pytest.raises(ModelError, match="damaged"):
        load_saved_model(tmp_path)


def test_names_that_the_signature_lacks_are_said(tmp_path: Path) -> None:
    model, arrays = models.make_sequence()
    model.export(tmp_path / "saved", verbose=False)
    saved, sample = (
        load_saved_model(tmp_path / "saved"),
        make_sample({"other": arrays["series"], "more": arrays["series"]}),
    )
    with pytest.raises(UsageError, match="series"):
        TensorFlow().find_inputs(saved, sample, AdoptConfig())


def _compare(saved: Any, arrays: Any, folder: Path, **settings: Any) -> onnx.ModelProto:
    framework, sample = find_framework(saved), make_sample(arrays)
    assert isinstance(framework, TensorFlow)
    inputs = framework.find_inputs(saved, sample, AdoptConfig(axes=AXES, **settings))
    own = tuple(framework.predict(saved, sample.arrays))
    outputs = settings.get("outputs", own)
    proto = framework.export(saved, inputs, outputs, sample, folder)
    onnx.checker.check_model(proto, full_check=True)
    for batch in (1, 2, 7):
        feeds = resize_feeds(inputs, arrays, {"batch": batch, "length": batch + 4})
        wanted, found = framework.predict(saved, feeds), run(proto, feeds)
        for name, renamed in zip(own, outputs, strict=True):
            np.testing.assert_allclose(found[renamed], wanted[name], rtol=1e-4, atol=1e-5)
    return proto

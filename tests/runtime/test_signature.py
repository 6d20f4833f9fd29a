"""Signed models: whoever asks for a signature gets it of the right key, or the model is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlflow.models import Model
from typer.testing import CliRunner

from pipeline.errors import ConfigError, DataError
from pipeline.export import mlflow_flavor
from pipeline.retrain import __main__ as retrain
from pipeline.runtime import integrity, signature
from pipeline.runtime.scorer import Scorer
from pipeline.train import __main__ as train
from tests import small_models, tracked
from tests.runtime.test_integrity import exchanged, load_anew

ROWS = tracked.frame()
SIGNED = pytest.mark.attack(
    "a model that is signed by another key, by none, or for another list", "refused with 3"
)


def saved(folder: Path) -> Path:
    """A model as it is logged."""
    folder.mkdir(parents=True)
    (folder / "graph.onnx").write_bytes(small_models.regression())
    mlflow_flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx", ROWS.head(3))
    return folder / "model"


@SIGNED
def test_a_signed_model_passes_and_one_of_another_key_does_not(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = saved(tmp_path / "a")
    integrity.verify_folder(model)
    assert Scorer(model / "model.onnx").manifest.name == "small"
    assert len(load_anew(model).predict(ROWS)) == 10
    monkeypatch.setenv(signature.SIGNING_KEY, str(keys / "others.pem"))
    exchanged(model, tmp_path)
    integrity.write_checksums(model)
    for opening in (
        lambda: integrity.verify_folder(model),
        lambda: Scorer(model / "model.onnx"),
        lambda: load_anew(model),
    ):
        with pytest.raises(Exception, match="got a signature of another key"):
            opening()
    monkeypatch.delenv(signature.PUBLIC_KEY)
    integrity.verify_folder(model)  # nobody asks


@SIGNED
@pytest.mark.parametrize("damage", ["no list", "no signature", "not base64", "another list"])
def test_where_a_signature_is_asked_for_none_is_a_refusal(
    keys: Path, tmp_path: Path, damage: str
) -> None:
    model = saved(tmp_path / "a")
    sig = model / integrity.SIGNATURE
    if damage == "no list":
        (model / integrity.FILE).unlink()
    elif damage == "another list":
        (model / integrity.FILE).write_bytes((model / integrity.FILE).read_bytes() + b" ")
    elif damage == "no signature":
        sig.unlink()
    else:
        sig.write_text("?" * 80)
    for opening in (lambda: integrity.verify_folder(model), lambda: Scorer(model / "model.onnx")):
        with pytest.raises(DataError, match="is not as it was logged"):
            opening()
    with pytest.raises(DataError, match="no signature"):
        Scorer(tmp_path / "a" / "graph.onnx")  # a file alone has none either


@pytest.mark.parametrize("key", ["nowhere.pem", "others-public.pem", "rubbish.pem"])
def test_a_key_that_is_none_is_said_to_be_so(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    (keys / "rubbish.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n")
    monkeypatch.setenv(signature.SIGNING_KEY, str(keys / key))
    with pytest.raises(ConfigError, match="expected the PEM file of an Ed25519 key"):
        integrity.write_checksums(tmp_path)


@SIGNED
@pytest.mark.parametrize("variable", [signature.SIGNING_KEY, signature.PUBLIC_KEY])
def test_an_empty_secret_switches_nothing_off(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    model = saved(tmp_path / "a")
    monkeypatch.setenv(variable, "")
    with pytest.raises(ConfigError, match=variable):
        signature.check_keys()
    with pytest.raises(ConfigError, match=variable):
        integrity.write_checksums(model) if variable == signature.SIGNING_KEY else Scorer(
            model / "model.onnx"
        )


@SIGNED
@pytest.mark.parametrize("module", [train, retrain], ids=["train", "retrain"])
@pytest.mark.parametrize("key", ["nowhere.pem", "others-public.pem", ""])
def test_a_key_is_opened_before_a_training_begins(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, key: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv(signature.SIGNING_KEY, str(keys / key) if key else "")
    ROWS.assign(y=range(len(ROWS))).to_csv("rows.csv", index=False)
    done = CliRunner().invoke(module.app, ["--data", "rows.csv", "--target", "y", "--fold", "2"])
    assert done.exit_code == ConfigError.exit_code, done.output
    assert signature.SIGNING_KEY in done.stderr
    assert not Path("mlflow.db").exists()

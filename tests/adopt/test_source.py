from __future__ import annotations

from pathlib import Path

import joblib
import pytest

from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.source import import_object, load_source
from pipeline.errors import UsageError
from tests.adopt.graphs import make_classifier


def test_a_module_of_the_present_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks_of_mine.py").write_text("class Holder:\n    network = [1, 2]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/nowhere"])
    assert load_source("networks_of_mine:Holder.network") == [1, 2]


@pytest.mark.parametrize(
    ("content", "address", "expected"),
    [
        ("network = 1", "module_one:netwrok", "network"),
        ("1 / 0", "module_two:network", "ZeroDivisionError"),
        ("", "module_that_is_not:network", "ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_imported_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, address: str, expected: str
) -> None:
    if content:
        (tmp_path / f"{address.partition(':')[0]}.py").write_text(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        import_object(address)
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib"])
def test_a_pickle_is_loaded_only_with_trust(tmp_path: Path, name: str) -> None:
    joblib.dump({"a": 1}, tmp_path / name)
    with pytest.raises(UsageError, match="--trust"):
        load_source(str(tmp_path / name))
    assert load_source(str(tmp_path / name), trust=True) == {"a": 1}


def test_a_graph_is_read_with_its_weights(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(make_classifier().SerializeToString())
    found = load_source(str(tmp_path / "m.onnx"))
    assert isinstance(found, OnnxFile)
    assert found.graph == make_classifier()


@pytest.mark.parametrize("name", ["weights.pth", "model", "model.txt.gz", "no such thing"])
def test_what_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    if " " not in name:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="module:object"):
        load_source(str(tmp_path / name))


def test_a_damaged_pickle_says_so(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(b"\x80\x04 cut")
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_source(str(tmp_path / "m.pkl"), trust=True)

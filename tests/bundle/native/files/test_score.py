"""The shim in C answers as onnxruntime in Python does, and says why where it cannot."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import small_models
from tests.bundle.native.shim import Shim, compile_shim

MODELS = {
    "regression": small_models.regression(),
    "words": small_models.classification(("no", "ü 🙂")),
    "numbers": small_models.classification((0, 1, 2)),
}
COLUMNS: dict[str, Any] = {
    "body mass [kg]": np.array([70.5, np.nan, -1e30, 5e-324, 100.0]),
    "smoker": ["yes", "", "no", "yes\0x", "ü 🙂"],
    "member": np.array([True, False, True, False, True]),
    "joined": np.array([0, -(2**63), 2**62, -1, 86_400 * 10**9]),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def shim(library: Path) -> Iterator[Shim]:
    opened = Shim(library, MODELS["regression"])
    yield opened
    opened.close()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("rows", [5, 1])
def test_answers_are_onnxruntimes_own(library: Path, name: str, rows: int) -> None:
    shim = Shim(library, MODELS[name])
    session = onnxruntime.InferenceSession(MODELS[name])
    assert [*shim.inputs] == [each.name for each in session.get_inputs()]
    assert shim.error == ""
    assert shim.c.score_version(shim.model).decode() == onnxruntime.__version__
    cells = {key: values[:rows] for key, values in COLUMNS.items() if key in shim.inputs}
    assert [shim.set(key, values) for key, values in cells.items()] == [0] * len(cells)
    feeds = {
        key: np.array(values, object if isinstance(values, list) else None).reshape(-1, 1)
        for key, values in cells.items()
    }
    expected = session.run(None, feeds)
    for _ in range(2):  # columns stay
        for found, wanted in zip(shim.run().values(), expected, strict=True):
            np.testing.assert_array_equal(np.ravel(found), np.ravel(wanted))
    shim.close()


def test_models_may_be_open_together_and_one_after_another(library: Path) -> None:
    for _ in range(3):
        opened = [Shim(library, MODELS[name]) for name in MODELS]
        for shim in opened:
            assert [shim.set(name, COLUMNS[name]) for name in shim.inputs] == [0] * len(shim.inputs)
        assert [len(shim.run()) for shim in opened] == [1, 2, 2]
        for shim in opened:
            shim.close()


def test_what_cannot_be_opened_is_said(library: Path, tmp_path: Path) -> None:
    for model, path, expected in (
        (b"no graph", None, "cannot open the model"),
        (b"", None, "cannot open the model"),
        (MODELS["words"], str(tmp_path / "none.so"), "none.so"),
        (MODELS["words"], str(library), "without OrtGetApiBase"),
    ):
        shim = Shim(library, model, path)
        assert expected in shim.error
        with pytest.raises(RuntimeError, match="not open"):
            shim.run()
        shim.close()


def test_what_cannot_be_scored_is_said(shim: Shim) -> None:
    with pytest.raises(RuntimeError, match="the column was not set"):
        shim.run()
    assert [shim.set(name, values) for name, values in COLUMNS.items()] == [0, 0, 0, 0]
    assert shim.set("member", [True]) == 0
    with pytest.raises(RuntimeError, match="member: got another number of rows"):
        shim.run()
    assert shim.c.score_rows(shim.model) == 0
    assert shim.c.score_data(shim.model, 0) is None
    assert shim.set("member", []) == 1
    assert shim.c.score_set(shim.model, 9, ctypes.c_int64(1), b"", None) == 1
    assert shim.c.score_input_name(shim.model, -1) is None
    assert shim.set("member", COLUMNS["member"]) == 0
    assert len(shim.run()["prediction_label"]) == 5


def test_telemetry_is_off_before_the_library_is_loaded(library: Path) -> None:
    libc = ctypes.CDLL(None)
    libc.unsetenv(b"ORT_DISABLE_TELEMETRY")
    libc.getenv.restype = ctypes.c_char_p
    Shim(library, MODELS["words"], "none.so").close()
    assert libc.getenv(b"ORT_DISABLE_TELEMETRY") == b"1"


@given(st.binary(max_size=300))
def test_sums_are_those_of_python(library: Path, content: bytes) -> None:
    text = ctypes.create_string_buffer(65)
    c = ctypes.CDLL(str(library))
    c.sha256_bytes(content, ctypes.c_size_t(len(content)), text)
    assert text.value.decode() == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("size", [0, 55, 56, 63, 64, 1 << 14, (1 << 16) + 1])
def test_sums_of_files(library: Path, tmp_path: Path, size: int) -> None:
    file, text = tmp_path / "ä b", ctypes.create_string_buffer(65)
    file.write_bytes(bytes(k % 251 for k in range(size)))
    c = ctypes.CDLL(str(library))
    assert c.sha256_file(str(file).encode(), text) == 0
    assert text.value.decode() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert c.sha256_file(str(tmp_path).encode(), text) == 1
    assert c.sha256_file(str(tmp_path / "none").encode(), text) == 1

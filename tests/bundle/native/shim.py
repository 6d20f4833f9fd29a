"""The shim as a library, called as other languages call it."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from ctypes import CDLL, POINTER, c_char_p, c_double, c_int32, c_int64, c_size_t, c_void_p
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from pipeline.bundle.native import read_shim_files
from tests.commands import needed

FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
HOLDS = {7: np.int64, 9: np.uint8, 11: np.float64}


def find_library() -> str:
    """libonnxruntime as the package for Python carries it."""
    (library,) = (Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*")
    return str(library)


def compile_shim(folder: Path, *flags: str) -> Path:
    """The shim as a library in a folder."""
    compiler = needed(shutil.which("cc"), "cc")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in read_shim_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [compiler, *FLAGS, *flags, "-shared", "-fPIC", "-o", "shim.so"]
    command += ["score.c", "sha256.c", "-ldl"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "shim.so"


class Shim:
    """One open model; `run` gives each output's values by its name."""

    def __init__(self, library: Path, model: bytes, onnxruntime: str | None = None) -> None:
        self.c = c = CDLL(str(library))
        c.score_open.restype = c_void_p
        for name in ("score_error", "score_version", "score_input_name", "score_output_name"):
            getattr(c, name).restype = c_char_p
        for name in ("score_width", "score_rows"):
            getattr(c, name).restype = c_int64
        c.score_data.restype = c.score_offsets.restype = c_void_p
        path = (onnxruntime or find_library()).encode()
        self.model = c_void_p(c.score_open(path, model, c_size_t(len(model))))

    def close(self) -> None:
        self.c.score_close(self.model)

    @property
    def error(self) -> str:
        return str(self.c.score_error(self.model).decode())

    @property
    def inputs(self) -> dict[str, tuple[int, int]]:
        """Place and kind by name."""
        c, model = self.c, self.model
        return {
            c.score_input_name(model, k).decode(): (k, c.score_input_kind(model, k))
            for k in range(c.score_inputs(model))
        }

    def set(self, name: str, values: Any) -> int:
        """Hand over one column: an array, or texts."""
        place, kind = self.inputs[name]
        if kind == 8:
            cells = [value.encode() for value in values]
            offsets = np.cumsum([0, *map(len, cells)], dtype=np.int64)
            taken = self.c.score_set(
                self.model,
                place,
                c_int64(len(cells)),
                c_char_p(b"".join(cells)),
                offsets.ctypes.data_as(POINTER(c_int64)),
            )
        else:
            array = np.ascontiguousarray(values, HOLDS[kind]).ravel()
            at = array.ctypes.data_as(c_void_p)
            taken = self.c.score_set(self.model, place, c_int64(len(array)), at, None)
        return int(taken)

    def run(self) -> dict[str, Any]:
        """Answers by the outputs' names; raises a RuntimeError that says why there are none."""
        c, model = self.c, self.model
        if c.score_run(model):
            raise RuntimeError(self.error)
        return {
            c.score_output_name(model, k).decode(): self._output(k)
            for k in range(c.score_outputs(model))
        }

    def _output(self, place: int) -> Any:
        c, model = self.c, self.model
        kind, width = c.score_output_kind(model, place), c.score_width(model, place)
        count = c.score_rows(model) * width
        data = c.score_data(model, place)
        if kind == 8:
            offsets = np.ctypeslib.as_array(
                ctypes.cast(c.score_offsets(model, place), POINTER(c_int64)), (count + 1,)
            )
            text = ctypes.string_at(data, int(offsets[-1]))
            return [text[a:b].decode() for a, b in pairwise(offsets)]
        holder = POINTER({6: c_int32, 7: c_int64, 11: c_double}[kind])
        return np.ctypeslib.as_array(ctypes.cast(data, holder), (count,)).copy().reshape(-1, width)

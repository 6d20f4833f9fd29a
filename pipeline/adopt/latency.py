"""Times a graph against the framework that it came from, per provider and batch size."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.output_shapes import resize_feeds
from pipeline.errors import PipelineError
from pipeline.manifest.tensors import Tensor
from pipeline.rendering.wording import format_size

Arrays = Mapping[str, NDArray[Any]]
BATCHES = (1, 8, 64)
SECONDS = 0.3
"""Of one measurement, at least; longer where one call takes longer."""
FEWEST, MOST = 5, 500
"""Calls of one measurement."""


@dataclass(frozen=True)
class Timing:
    """One runner at one batch size, every call with the threads that the runner takes by itself.

    Attributes:
        runner: the framework's name, or onnxruntime's provider.
        median, slow: seconds of a call, and the 95th percentile.
        speedup: the framework's median over this one; 1 for the framework itself.
    """

    runner: str
    batch: int
    calls: int
    median: float
    slow: float
    speedup: float = 1.0


@dataclass(frozen=True)
class Reference:
    """The model by itself: its framework's name, and what it is timed on.

    Attributes:
        inputs, feeds: of the network; prepared already where the graph does so.
    """

    name: str
    predict: Callable[[Arrays], Arrays]
    inputs: Sequence[Tensor]
    feeds: Arrays


@dataclass(frozen=True)
class Start:
    """Opening a graph in a process of its own, as `pipeline.adopt.cold_start` measures it."""

    provider: str
    import_seconds: float
    open_seconds: float
    first_seconds: float
    memory_bytes: float


@dataclass(frozen=True)
class Latency:
    """All of it, and the bytes of the file."""

    timings: tuple[Timing, ...]
    starts: tuple[Start, ...]
    file_bytes: int

    def to_json(self) -> str:
        """`{"timings": [...], "starts": [...], "file_bytes": n}`."""
        return json.dumps(asdict(self), indent=2)

    def to_figures(self) -> dict[str, float]:
        """Milliseconds of a call by runner and batch, as metrics of a run are named."""
        return {
            f"latency_ms_{each.runner}_{each.batch}": each.median * 1e3 for each in self.timings
        }

    def to_notes(self) -> list[str]:
        """A sentence for each batch size, and one for the cold start with each provider."""
        notes = []
        for batch in dict.fromkeys(each.batch for each in self.timings):
            own, *others = (each for each in self.timings if each.batch == batch)
            ours = ", ".join(
                f"{_shorten(each.runner)} {each.median * 1e3:.3g} ms ({each.speedup:.1f} times as "
                "fast)"
                for each in others
            )
            rows = "one row" if batch == 1 else f"{batch} rows"
            notes.append(f"{rows}: {own.runner} {own.median * 1e3:.3g} ms, onnxruntime on {ours}")
        return notes + [
            f"cold start on {_shorten(each.provider)}: {each.open_seconds * 1e3:.3g} ms to open, "
            f"{each.first_seconds * 1e3:.3g} ms to the first answer, "
            f"{format_size(int(each.memory_bytes))} of memory, a file of "
            f"{format_size(self.file_bytes)}"
            for each in self.starts
        ]


def _shorten(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")


def compare_speed(
    graph: bytes,
    reference: Reference,
    inputs: Sequence[Tensor],
    feeds: Arrays,
    batches: Sequence[int] = BATCHES,
) -> Latency:
    """Time graph and framework on the sample's rows, in batches of several sizes.

    A batch that the model itself refuses is left out.

    Args:
        graph: the serialized model.
        reference: the model itself.
        inputs: with the dynamic axes named.
        feeds: the sample's arrays by input.
    """
    import onnxruntime

    providers = onnxruntime.get_available_providers()
    sessions = {each: _open(graph, each) for each in providers}
    timings: list[Timing] = []
    for batch in batches:
        rows = resize_feeds(inputs, feeds, {"batch": batch})
        try:
            own_rows = resize_feeds(reference.inputs, reference.feeds, {"batch": batch})
            own = time_calls(reference.name, batch, partial(reference.predict, own_rows))
        except PipelineError:
            continue
        timings.append(own)
        texts = {
            each: array.astype(object) if array.dtype.kind == "U" else array
            for each, array in rows.items()
        }
        for provider, session in sessions.items():
            found = time_calls(provider, batch, partial(session.run, None, texts))
            timings.append(replace(found, speedup=own.median / found.median))
    one = resize_feeds(inputs, feeds, {"batch": 1})
    starts = tuple(measure_cold_start(graph, one, provider) for provider in providers)
    return Latency(tuple(timings), starts, len(graph))


def time_calls(runner: str, batch: int, call: Callable[[], object]) -> Timing:
    """The median over calls that follow each other, the first three not counted."""
    for _ in range(3):
        call()
    taken: list[float] = []
    while len(taken) < FEWEST or (sum(taken) < SECONDS and len(taken) < MOST):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    slow = float(np.quantile(taken, 0.95))
    return Timing(runner, batch, len(taken), statistics.median(taken), slow)


def measure_cold_start(graph: bytes, feeds: Arrays, provider: str) -> Start:
    """Open the graph in a new process, which has imported nothing yet.

    Raises:
        subprocess.CalledProcessError: the process fails.
    """
    with tempfile.TemporaryDirectory(prefix="adopt-") as name:
        folder = Path(name)
        (folder / "model.onnx").write_bytes(graph)
        np.savez(folder / "feeds.npz", **feeds)
        files = [str(folder / "model.onnx"), str(folder / "feeds.npz")]
        command = [sys.executable, "-m", "pipeline.adopt.cold_start", *files, provider]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Start(provider, **json.loads(done.stdout.splitlines()[-1]))


def _open(graph: bytes, provider: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    providers = list(dict.fromkeys((provider, "CPUExecutionProvider")))
    return onnxruntime.InferenceSession(graph, options, providers=providers)

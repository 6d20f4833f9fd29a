"""What huge requests cost a served model: `python -m benchmarks.served`.

A model of trees behind `mlflow models serve`. Three requests at once, of one kind after the other,
and meanwhile one row again and again: status and seconds of the three, the server's memory before,
at its peak and after, and how long the one row waited. Linux only.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from mlflow.models import Model

from benchmarks.opening import COLUMNS, trees
from pipeline.export import mlflow_flavor

PORT = 5017
URL = f"http://127.0.0.1:{PORT}"
ROUNDS = 3


def records(rows: int) -> bytes:
    """A body of random numbers."""
    names = [column.name for column in COLUMNS]
    cells = np.random.default_rng(0).normal(size=(rows, len(names))).round(6).tolist()
    return json.dumps(
        {"dataframe_records": [dict(zip(names, row, strict=True)) for row in cells]}
    ).encode()


def asked(body: bytes) -> tuple[int, float]:
    """Status and seconds."""
    request = urllib.request.Request(
        f"{URL}/invocations", body, {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as err:
        status = err.code
    return status, time.perf_counter() - began


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """A server of its own, and its process id."""
    (folder / "graph.onnx").write_bytes(trees(1))
    mlflow_flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx")
    command = [sys.executable, "-m", "uvicorn", "mlflow.pyfunc.scoring_server.app:app"]
    settings = {**os.environ, "__pyfunc_model_path__": str(folder / "model")}
    process = subprocess.Popen(
        [*command, "--port", str(PORT), "--log-level", "warning"], env=settings
    )
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"{URL}/health").close()
                break
            except OSError:
                time.sleep(0.2)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def megabytes(pid: int, name: str) -> float:
    """A line of the process's status."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def measure(pid: int, what: str, body: bytes) -> None:
    """Print one round of three requests."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="utf-8")  # the peak from here on
    before, small, waits = megabytes(pid, "VmRSS"), records(1), []
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(asked, body) for _ in range(3)]
        while not all(answer.done() for answer in answers):
            waits.append(asked(small)[1])
    time.sleep(0.5)
    statuses, seconds = zip(*(answer.result() for answer in answers), strict=True)
    peak, after = megabytes(pid, "VmHWM"), megabytes(pid, "VmRSS")
    print(
        f"{what}, {len(body) / 2**20:.1f} MiB: {statuses} in {max(seconds):.1f} s; memory "
        f"{before:.0f} MB, peak {peak:.0f}, after {after:.0f}; "
        f"one row: median {1e3 * statistics.median(waits):.0f} ms, longest {1e3 * max(waits):.0f}"
    )


def main() -> None:
    """Print a line for each round."""
    bodies = {
        "100,000 rows": records(100_000),
        "1,000,000 rows": records(1_000_000),
        "small lists": b'{"instances": [' + b"[]," * (16 * 2**20 // 3 - 10) + b"[]]}",
        "numbers": b'{"instances": [' + b"0.1," * (16 * 2**20 // 4 - 10) + b"1]}",
        "names": json.dumps({"inputs": {f"{k:x}": 1 for k in range(1_300_000)}}).encode(),
    }
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as pid:
        alone = 1e3 * statistics.median(asked(records(1))[1] for _ in range(50))
        print(f"one row alone: {alone:.0f} ms, {megabytes(pid, 'VmRSS'):.0f} MB")
        for _ in range(ROUNDS):
            for what, body in bodies.items():
                measure(pid, what, body)


if __name__ == "__main__":
    main()

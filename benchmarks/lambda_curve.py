"""Time of 10,000 rows in AWS Lambda by memory: run this file for docs/figures/lambda.json.

Each size is a CPU cgroup with the share of a processor that Lambda gives for it, and a memory
cgroup with its limit. A function runs out of its zip against the stand-in for Lambda's Runtime API.
Needs root and the cgroups of version 1; `python docs/build.py` makes docs/lambda.md of the figures.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.lambda_page import (
    FIGURES,
    ONE_CPU,
    PRICE,
    ROWS,
    Measured,
    draw_curve,
    pick_cheapest,
    pick_size,
    read_figures,
)

SIZES = (128, 256, 512, 768, 1024, 1280, 1536, 1769, 2048, 3008)
GROUPS = Path("/sys/fs/cgroup")
PERIOD = 20_000
"""Microseconds within which a function gets its share."""
AT_LEAST = 3000
"""Milliseconds of later calls in each process, of which the least counts."""
app = typer.Typer(add_completion=False)


@contextmanager
def limit_resources(memory: int) -> Iterator[tuple[str, ...]]:
    """What a command is prefixed with, so that it has what Lambda gives for so many megabytes."""
    name = f"lambda-{os.getpid()}"
    cpu, store = (GROUPS / kind / name for kind in ("cpu", "memory"))
    try:
        cpu.mkdir()
        store.mkdir()
        (cpu / "cpu.cfs_period_us").write_text(f"{PERIOD}")
        (cpu / "cpu.cfs_quota_us").write_text(f"{PERIOD * memory // ONE_CPU}")
        (store / "memory.limit_in_bytes").write_text(f"{memory * 2**20}")
    except OSError as err:
        sys.exit(f"no cgroups of version 1 can be made here: {err}")
    enter = f'echo $$ >{store}/cgroup.procs; echo $$ >{cpu}/cgroup.procs; exec "$@"'
    try:
        yield ("sh", "-c", enter, "sh")
    finally:
        for folder in (cpu, store):
            _remove_group(folder)


def _remove_group(folder: Path) -> None:
    """Once its last process is gone."""
    for _ in range(100):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return


def load_verifier(bundle: Path) -> Any:
    """`verify_function.py` of a bundle, as a module."""
    sys.path.insert(0, str(bundle))
    name = f"verify_{bundle.name}"
    spec = importlib.util.spec_from_file_location(name, bundle / "verify_function.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(bundle))
    return module


def list_event_rows(golden: Mapping[str, Any]) -> list[dict[str, Any]]:
    """10,000 rows: those of the training table among the golden ones, again and again."""
    places = [k for k, kind in enumerate(golden["kinds"]) if kind == "table"]
    rows = [{name: values[k] for name, values in golden["inputs"].items()} for k in places]
    return (rows * (ROWS // len(rows) + 1))[:ROWS]


def measure_process(verifier: Any, folder: Path, memory: int) -> Measured:
    """One process from its start; where it finds no room, only that."""
    rows = list_event_rows(verifier.read_json("golden.json"))

    def timed(some: Sequence[Any]) -> float:
        start = time.perf_counter()
        assert function.invoke({"rows": some})["statusCode"] == 200
        return (time.perf_counter() - start) * 1e3

    with limit_resources(memory) as prefix:
        start = time.perf_counter()
        try:
            with verifier.run_function((*prefix, *verifier.list_command()), folder) as function:
                opening = (time.perf_counter() - start) * 1e3
                first = timed(rows)
                later = [timed(rows)]
                while sum(later) < AT_LEAST:
                    later.append(timed(rows))
                row = min(timed(rows[k : k + 1]) for k in range(100))
                status = Path(f"/proc/{function.process.pid}/status").read_text("ascii")
                rss = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1000
        except verifier.FunctionError:
            return Measured(verifier.LANGUAGE, memory)
    return Measured(verifier.LANGUAGE, memory, opening, first, min(later), row, rss)


def find_least(rounds: Sequence[Measured]) -> Measured:
    """Of each figure the least; of memory the most."""
    if any(each.open is None for each in rounds):
        return next(each for each in rounds if each.open is None)
    least = {
        name: min(asdict(each)[name] for each in rounds)
        for name in ("open", "first", "next", "row")
    }
    rss = max(each.rss or 0 for each in rounds)
    return Measured(rounds[0].language, rounds[0].memory, **least, rss=rss)


def merge_sizes(measured: Sequence[Measured], only: int) -> list[Measured]:
    """Each size by language: those that were measured, and where one was named, kept ones."""
    kept = read_figures()[1] if only else []
    found = {(each.language, each.memory): each for each in (*kept, *measured)}
    return list(found.values())


def make_bundle(model: Path, language: str, folder: Path) -> Path:
    """A built bundle; one that is there already is taken."""
    bundle = folder / language
    if not bundle.exists():
        target = f"lambda-{language}"
        command = [sys.executable, "-m", "pipeline.bundle", "--model", str(model), "--for", target]
        subprocess.run([*command, "--output", str(bundle)], check=True, cwd=ROOT)
        subprocess.run(["sh", "build.sh"], cwd=bundle, check=True)
    return bundle


def find_version(language: str) -> str:
    """The interpreter that runs a function here; Lambda's own may be another."""
    if language == "python":
        return f"Python {platform.python_version()}"
    return f"Node.js {subprocess.check_output(['node', '--version'], text=True).strip().strip('v')}"


@app.command()
def main(
    model: Annotated[Path, typer.Option(help="model.onnx of a run.")],
    folder: Annotated[Path, typer.Option(help="Where the bundles are built, or lie already.")],
    rounds: Annotated[int, typer.Option(help="Processes for each size.")] = 3,
    only: Annotated[int, typer.Option(help="Measure this size anew, and keep the rest.")] = 0,
    price: Annotated[float, typer.Option(help="US dollars of a GB-second.")] = PRICE,
) -> None:
    """Measure every size in both languages, write figures and picture, and name the cheapest."""
    measured: list[Measured] = []
    versions = []
    for language in ("python", "node"):
        bundle = make_bundle(model, language, folder)
        verifier = load_verifier(bundle)
        verifier.LANGUAGE = language
        manifest, golden = map(verifier.read_json, ("manifest.json", "golden.json"))
        with tempfile.TemporaryDirectory() as place:
            zipfile.ZipFile(verifier.find_zip()).extractall(place)
            with verifier.run_function(verifier.list_command(), Path(place)) as function:
                versions.append(function.invoke({"verify": True})["verified"]["runtime"])
            for memory in (only,) if only else SIZES:
                processes = (measure_process(verifier, Path(place), memory) for _ in range(rounds))
                size = find_least([*processes])
                print(size, flush=True)
                measured.append(size)
        own = [each for each in merge_sizes(measured, only) if each.language == language]
        print(f"cheapest {pick_cheapest(own, price).memory}, taken {pick_size(own, price).memory}")
    record = {
        "model": manifest["model_name"],
        "table": manifest["name"],
        "rows": ROWS,
        "event": len(json.dumps({"rows": list_event_rows(golden)})) / 1e6,
        "rounds": rounds,
        "seconds": AT_LEAST / 1000,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": " and ".join(versions),
        "interpreters": " and ".join(map(find_version, ("python", "node"))),
        "machine": f"{os.cpu_count()} shared cores, {platform.machine()}",
        "sizes": [asdict(each) for each in merge_sizes(measured, only)],
    }
    FIGURES.write_text(f"{json.dumps(record, indent=1)}\n", encoding="utf-8")
    draw_curve(read_figures()[1])


if __name__ == "__main__":
    app()

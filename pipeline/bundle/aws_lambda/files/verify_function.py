"""Runs what is in function.zip as AWS Lambda runs it, against a stand-in for its Runtime API.

The proof is replayed inside the function, and again from outside: golden rows in one event and each
alone in the body of a request. Ends with 5 where anything differs, with 3 where a file is not as it
was written, with 1 where the function does not run. `--measure` adds how fast it is. The last line
is one JSON object; see README.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime_api import Function, FunctionError, run_function

HERE = Path(__file__).resolve().parent
ZIP, OWN_ZIP = "function.zip", "function-here.zip"
IS_PYTHON = (HERE / "handler.py").exists()
PYTHON = HERE / ".venv" / "bin" / "python"
NATIVE = re.compile(
    r"onnxruntime_pybind11_state\.cpython-(\d)(\d+)-(\w+)-linux-gnu\.so"
    if IS_PYTHON
    else r"napi-v6/linux/()()(\w+)/onnxruntime_binding\.node"
)


class ChangedError(Exception):
    """A file is not as it was written."""


def check_files() -> None:
    """Raises ChangedError: a file here or in function.zip is not what SHA256SUMS says."""
    with zipfile.ZipFile(HERE / ZIP) as archive:
        for line in (HERE / "SHA256SUMS").read_text(encoding="ascii").splitlines():
            expected, _, name = line.partition("  ")
            for place, content in (("", (HERE / name).read_bytes()), (ZIP, archive.read(name))):
                if hashlib.sha256(content).hexdigest() != expected:
                    where = f"{name} in {place}" if place else name
                    raise ChangedError(f"{where}: got another file than SHA256SUMS names")


def find_zip() -> Path:
    """function.zip where this machine can run it, else one of the same pins for this machine."""
    python = PYTHON if IS_PYTHON else sys.executable
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    major, minor = subprocess.check_output([python, "-c", code], text=True).split()
    machine = platform.machine()
    here = (major, minor, machine) if IS_PYTHON else ("", "", machine.replace("86_", ""))
    if NATIVE.search("\n".join(zipfile.ZipFile(HERE / ZIP).namelist())).groups() == here:
        return HERE / ZIP
    what = f"Python {major}.{minor} on {machine}" if IS_PYTHON else machine
    print(f"{ZIP} is for another machine: verifying the same versions for {what}", file=sys.stderr)
    own = {"PYTHON_VERSION": f"{major}.{minor}", "ARCH": machine, "ZIP": OWN_ZIP}
    environment = {**os.environ, **own}
    subprocess.run(["sh", "build.sh"], cwd=HERE, env=environment, stdout=sys.stderr, check=True)
    return HERE / OWN_ZIP


def list_command() -> tuple[str, ...]:
    """What runs the function: AWS's own client for Python, a small one for Node.js."""
    if IS_PYTHON:
        return (str(PYTHON), "-B", "-m", "awslambdaric", "handler.handler")
    return ("node", str(HERE / "bootstrap.mjs"), "handler.handler")


def read_json(name: str) -> Any:
    """A file of this folder."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def list_rows(golden: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The golden rows as a caller sends them."""
    inputs = golden["inputs"]
    return [{k: v[place] for k, v in inputs.items()} for place in range(len(golden["kinds"]))]


def invoke_rows(function: Function, rows: list[dict[str, Any]]) -> Iterator[tuple[int, Any]]:
    """Place and answer of each row: of all in one event, then of each alone in a request."""
    yield from enumerate(take_predictions(function.invoke({"rows": rows})))
    for place, row in enumerate(rows):
        text = json.dumps([row])
        body = base64.b64encode(text.encode()).decode() if place % 2 else text
        answer = function.invoke({"body": body, "isBase64Encoded": bool(place % 2)})
        yield place, take_predictions({**answer, **json.loads(answer["body"])})[0]


def take_predictions(answer: dict[str, Any]) -> list[Any]:
    """Raises FunctionError: rows that were proven are refused."""
    if answer["statusCode"] != 200:
        raise FunctionError(f"it answers golden rows with {json.dumps(answer)[:400]}")
    return list(answer["predictions"])


def replay_events(function: Function, golden: Mapping[str, Any]) -> dict[str, Any]:
    """Flips and the largest errors."""
    labels, rows = read_json("manifest.json")["labels"], list_rows(golden)
    found: dict[str, Any] = {"count": len(rows), "flips": 0, "error": 0.0, "graph_error": 0.0}
    wanted = {"error": golden["expected"], "graph_error": golden["graph"]["expected"]}
    for place, answer in invoke_rows(function, rows):
        for key, expected in wanted.items():
            label = expected["prediction_label"][place]
            if labels is None:
                scale = max(abs(label), golden["scale"])
                errors: list[float] = [find_error(answer["label"], label) / scale]
            else:
                found["flips"] += answer["label"] != label
                scores = expected.get("prediction_score", {place: ()})[place]
                pairs = zip(labels, scores) if scores else ()  # noqa: B905
                errors = [find_error(answer["scores"][str(k)], v) for k, v in pairs]
            found[key] = max(found[key], *errors, 0.0)
    return found


def merge_rows(inside: dict[str, Any], events: dict[str, Any]) -> dict[str, Any]:
    """The worse of both, as verify says it: an infinite error is null."""
    worst = dict(inside)
    for key in ("flips", "error", "graph_error"):
        both = (inside[key], events[key])
        worst[key] = max(float("inf") if each is None else each for each in both)
        worst[key] = None if worst[key] == float("inf") else worst[key]
    return worst


def is_within(rows: Mapping[str, Any], golden: Mapping[str, Any]) -> bool:
    """Whether rows are answered as proven."""
    bounds = {"error": golden["tolerance"], "graph_error": golden["graph"]["tolerance"]}
    near = all(rows[key] is not None and rows[key] <= most for key, most in bounds.items())
    return near and not rows["flips"] and not rows.get("warnings")


def find_error(found: Any, expected: float) -> float:
    """An answer that is no number is infinitely wrong."""
    return abs(found - expected) if isinstance(found, int | float) else float("inf")


def is_refused(function: Function) -> bool:
    """Whether what fits no column, and what is no JSON, is answered with 400."""
    lacking = function.invoke({"rows": [{}]})
    broken = function.invoke({"body": "{", "requestContext": {}})
    return (lacking["statusCode"], lacking["row"], broken["statusCode"]) == (400, 1, 400)


def measure_function(function: Function, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Microseconds for one row (median), milliseconds for 10,000, from event to answer."""

    def timed(some: list[dict[str, Any]]) -> float:
        start = time.perf_counter()
        function.invoke({"rows": some})
        return time.perf_counter() - start

    batch = (rows * (10_000 // len(rows) + 1))[:10_000]
    row_us = statistics.median(timed([rows[k % len(rows)]]) for k in range(200)) * 1e6
    timed(batch)
    return {"row_us": row_us, "batch_ms": timed(batch) * 1e3}


def verify_unpacked(folder: Path, arguments: Sequence[str]) -> int:
    """The exit code, after what was found is printed."""
    golden, start = read_json("golden.json"), time.perf_counter()
    with run_function(list_command(), folder) as function:
        open_ms = (time.perf_counter() - start) * 1e3
        found = function.invoke({"verify": "report"})["verified"]
        answers = check_events(function, golden, found)
        if "--measure" in arguments and answers:
            found["speed"] = {"open_ms": open_ms, **measure_function(function, list_rows(golden))}
    size = (HERE / ZIP).stat().st_size / 1e6
    found["runtime"] += f" in AWS Lambda's runtime loop, zip of {size:.1f} MB"
    print(json.dumps(found))
    return 0 if answers and not found["cells"]["wrong"] and is_within(found["rows"], golden) else 5


def check_events(function: Function, golden: Mapping[str, Any], found: dict[str, Any]) -> bool:
    """Whether each event is answered or refused as it should be; adds its errors to `found`."""
    try:
        found["rows"] = merge_rows(found["rows"], replay_events(function, golden))
        if is_refused(function):
            return True
        print("what fits no column, or is no JSON, is not answered with 400", file=sys.stderr)
    except FunctionError as err:
        print(f"the function failed: {err}", file=sys.stderr)
    return False


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    try:
        check_files()
        with tempfile.TemporaryDirectory() as folder:
            zipfile.ZipFile(find_zip()).extractall(folder)
            return verify_unpacked(Path(folder), arguments)
    except (ChangedError, OSError, KeyError) as err:
        print(err, file=sys.stderr)
        return 3
    except FunctionError as err:
        print(f"the function failed: {err}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

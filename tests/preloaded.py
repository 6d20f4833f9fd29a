"""Many commands for one import: `python -m tests.preloaded` forks a process for each order.

An order is one JSON line on stdin: module, arguments, folder, name, settings (variables of the
environment), and whether the report's pictures are drawn, which is half of a small training. The
answers on stdout are the process id, and the exit code once the process has ended. Each process is
the leader of its own session, and what is under test in it is the same as with `python -m MODULE`:
only the libraries, whose import takes ten times as long as what follows, are there already.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests import pictures

LIBRARIES = (
    *("catboost", "git", "hypothesis", "lightgbm", "matplotlib.pyplot", "onnxruntime"),
    *("pandera.pandas", "typer"),
    *("pycaret.classification", "skl2onnx", "alembic", "mlflow.onnx", "mlflow.pyfunc"),
    *("mlflow.store.model_registry.sqlalchemy_store", "mlflow.store.tracking.sqlalchemy_store"),
)


def serve() -> None:
    """Answer orders until there are no more."""
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # or each process would visit a million objects that never go, and copy them
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            _become(json.loads(line))
            return  # and end as `python -m` ends
        _say(pid)
        _, status = os.waitpid(pid, 0)
        _say(os.waitstatus_to_exitcode(status))


def _become(order: dict[str, Any]) -> None:
    os.setsid()
    os.chdir(order["folder"])
    os.environ.update(order["settings"])
    tempfile.tempdir = None  # TMPDIR may be another
    sys.stdin.close()
    for descriptor, stream in ((1, "out"), (2, "err")):
        with Path(f"{order['name']}.{stream}").open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    if not order["pictures"]:
        pictures.leave_blank(pytest.MonkeyPatch())
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


def _say(answer: int) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()

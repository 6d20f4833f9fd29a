"""The files for Airflow and Prefect, loaded beside stand-ins for what they import.

Both belong in environments of their own. A stand-in keeps what it is called with, no more.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


class Flow:
    """A decorated function with the decorator's settings."""

    def __init__(self, function: Callable[..., Any], settings: dict[str, Any]) -> None:
        self.function = function
        self.settings = settings

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def state(kind: str) -> Callable[..., SimpleNamespace]:
    """What makes a state of one kind; a state is called after its kind unless it has a name."""
    return lambda message, name=kind: SimpleNamespace(kind=kind, name=name, message=message)


def flow() -> Any:
    """The module of Prefect's flow; `retrain` in it is a `Flow`."""
    return _loaded(
        "prefect/retrain_flow.py",
        {
            "prefect": {
                "flow": lambda **settings: lambda function: Flow(function, settings),
                "get_run_logger": lambda: logging.getLogger("prefect"),
            },
            "prefect.states": {name: state(name) for name in ("Completed", "Failed")},
        },
    )


def dag() -> dict[str, Any]:
    """What the DAG's only task is called with."""
    operator = mock.Mock()
    _loaded(
        "airflow/retrain_dag.py",
        {
            "airflow.sdk": {"DAG": mock.MagicMock()},
            "airflow.providers.standard.operators.bash": {"BashOperator": operator},
        },
    )
    operator.assert_called_once()
    return dict(operator.call_args.kwargs)


def _loaded(name: str, modules: dict[str, dict[str, Any]]) -> Any:
    """The module of a file of deploy/, with these modules in place of those that it imports."""
    packages = {parent for path in modules for parent in _parents(path)}
    stand_ins = {path: ModuleType(path) for path in {*packages, *modules}}
    for path, content in modules.items():
        vars(stand_ins[path]).update(content)
    spec = importlib.util.spec_from_file_location(Path(name).stem, DEPLOY / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, stand_ins):
        spec.loader.exec_module(module)
    return module


def _parents(path: str) -> set[str]:
    parts = path.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts))}

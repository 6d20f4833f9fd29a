"""Registered versions in a moment: what the tests of the registry move, delete and look at."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from pipeline.registry import client as registry

CHANGES = (
    *("create_registered_model", "create_model_version", "delete_model_version"),
    *("set_registered_model_alias", "delete_registered_model_alias"),
    *("set_registered_model_tag", "delete_registered_model_tag"),
    *("set_model_version_tag", "delete_model_version_tag", "set_logged_model_tags"),
)
"""The calls with which this project changes a registry."""


def add(client: MlflowClient, name: str, verdict: str = "pass", **tags: str) -> str:
    """One more version without a model behind it; returns its number."""
    if name not in registry.list_model_names(client):
        client.create_registered_model(name)
    made = client.create_model_version(name, f"/nowhere/{name}", tags={"verdict": verdict, **tags})
    return str(made.version)


def numbers(client: MlflowClient, name: str) -> list[str]:
    """The versions that exist, the newest first."""
    return [entry.version for entry in registry.list_model_versions(client, name)]


def tags(client: MlflowClient, name: str, version: str) -> dict[str, str]:
    return dict(client.get_model_version(name, version).tags)


def all_sound(client: MlflowClient, name: str) -> bool:
    """Whether every alias names a version that exists and is proven."""
    proven = {entry.version for entry in registry.list_model_versions(client, name) if entry.proven}
    return set(registry.list_aliases(client, name).values()) <= proven


def killed_before(call: int, work: Callable[[MlflowClient], Any]) -> bool:
    """Do the work in a process that dies by SIGKILL right before its n-th change of the registry.

    Returns:
        Whether it came so far; else the work is done.
    """
    if (pid := os.fork()) == 0:
        try:
            _die_at(call)
            # another name of the same file: the parent's connections must not be used here
            os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{Path.cwd()}/./mlflow.db"
            work(MlflowClient())
        except BaseException:  # noqa: BLE001  nothing of the parent's may run here
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _die_at(call: int) -> None:
    made: list[str] = []

    def counted(method: Any) -> Any:
        @wraps(method)
        def counting(*given: Any, **named: Any) -> Any:
            made.append(method.__name__)
            if len(made) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*given, **named)

        return counting

    for change in CHANGES:
        setattr(MlflowClient, change, counted(getattr(MlflowClient, change)))

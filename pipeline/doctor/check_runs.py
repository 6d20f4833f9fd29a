"""Finds runs that are RUNNING although their process is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from pipeline.doctor.finding import Finding
from pipeline.registry import download
from pipeline.track import run_owner


def check(names: Sequence[str]) -> Iterator[Finding]:
    """One finding per abandoned run."""
    del names
    client = download.connect_existing()
    found = run_owner.find_abandoned(client)
    for item in found:
        yield Finding(
            f"{item.name} ({item.run_id})",
            "problem",
            f"RUNNING, but {item.reason}",
            "a run that somebody will close",
            "python -m pipeline.doctor --fix closes it as KILLED",
            partial(run_owner.close_run, client, item, "doctor"),
        )
    if not found:
        yield Finding("store", "ok", "none is RUNNING without a process")

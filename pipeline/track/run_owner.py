"""Tracks the owners of runs, so that runs of dead processes can be closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.system.process_identity import Owner
from pipeline.track import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

TAG = "owner"
"""Tag of a run: its owner as JSON."""

CLOSED_BY = "closed_by"
"""Tag of a run that `close_abandoned` has closed: who did it and why."""

LIMIT = timedelta(hours=24)
"""Age from which on a run counts as abandoned whose owner cannot be asked."""

_PARENT = "mlflow.parentRunId"
_PAGE = 1000
_STATUS = "attributes.status = 'RUNNING'"


@dataclass(frozen=True)
class AbandonedRun:
    """A RUNNING run that nobody will ever close.

    Attributes:
        reason: a clause without a full stop.
    """

    run_id: str
    name: str
    experiment_id: str
    reason: str


def owner_tags() -> dict[str, str]:
    """The tags that name this process as a run's owner."""
    return {TAG: Owner.here().text()}


def find_abandoned(
    client: MlflowClient, experiments: Sequence[str] | None = None, limit: timedelta = LIMIT
) -> list[AbandonedRun]:
    """RUNNING runs whose owner is dead, children before their parents.

    The owner's own machine decides by the process. Everywhere else, and for runs without an
    owner, only the age does. A run of a living process of this machine is never among them.

    Args:
        experiments: names of experiments; None: all.
        limit: age from which on a run counts as abandoned whose owner cannot be asked.

    Raises:
        MlflowException: the store does not answer.
    """
    running = {run.info.run_id: run for run in _list_running(client, experiments)}
    parents = {id_: r for id_, r in running.items() if _PARENT not in r.data.tags}
    reasons = {id_: _reason(run, limit) for id_, run in parents.items()}
    children = [r for r in running.values() if _PARENT in r.data.tags]
    found = [(run, _reason_of_child(client, run, reasons, limit)) for run in children]
    found += [(run, reasons[id_]) for id_, run in parents.items()]
    return [
        AbandonedRun(
            run.info.run_id,
            run.info.run_name or "",
            run.info.experiment_id,
            reason,
        )
        for run, reason in found
        if reason
    ]


def close_abandoned(
    client: MlflowClient,
    experiments: Sequence[str] | None = None,
    limit: timedelta = LIMIT,
    by: str = "doctor",
) -> list[AbandonedRun]:
    """Close abandoned runs as KILLED, with the tag `closed_by`; arguments as of `find_abandoned`.

    Two that sweep at once do the same to the same runs, and one that is killed meanwhile leaves
    the rest to the next.

    Returns:
        The runs that were closed, by this sweep or by another one at the same moment.

    Raises:
        MlflowException: the store does not answer.
    """
    found = find_abandoned(client, experiments, limit)
    return [item for item in found if close_run(client, item, by)]


def close_run(client: MlflowClient, item: AbandonedRun, by: str) -> bool:
    """Close one run; False where it was closed or deleted meanwhile.

    Raises:
        MlflowException: the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    run = _run(client, item.run_id)
    if not (run and run.info.status == "RUNNING" and run.info.lifecycle_stage == "active"):
        return False
    try:
        client.set_tag(item.run_id, CLOSED_BY, f"{by}: {item.reason}")
    except MlflowException:  # of two that say it at the same moment a store refuses one
        if CLOSED_BY not in client.get_run(item.run_id).data.tags:
            raise
    # A clock that was moved back must not end a run before it began.
    end = max(int(time.time() * 1000), run.info.start_time or 0)
    client.set_terminated(item.run_id, "KILLED", end)
    return True


def _list_running(client: MlflowClient, experiments: Sequence[str] | None) -> Iterator[Any]:
    ids = [
        experiment.experiment_id
        for experiment in iterate_pages(client.search_experiments)
        if experiments is None or experiment.name in experiments
    ]
    for first in range(0, len(ids), 100):  # ids travel in one request
        ask = partial(client.search_runs, ids[first : first + 100], _STATUS, max_results=_PAGE)
        yield from iterate_pages(ask)


def iterate_pages(ask: Callable[..., Any]) -> Iterator[Any]:
    """Everything that a paged request of MLflow has."""
    token = None
    while True:
        page = ask(page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _reason(run: Any, limit: timedelta) -> str:
    """Why nobody will close this run, a clause; empty if somebody may."""
    owner = Owner.read(run.data.tags.get(TAG))
    alive = owner.is_alive() if owner is not None else None
    if owner is not None and alive is False:
        return f"its process {owner.pid} on {owner.host} is gone"
    if owner is not None and store.sqlite_file() is not None and owner.is_before_boot():
        return f"{owner.host} was started again since its process {owner.pid} ran"
    age = timedelta(milliseconds=time.time() * 1000 - (run.info.start_time or 0))
    if alive or age < limit:
        return ""
    whose = f"its process ran on {owner.host}" if owner else "it names no process"
    return f"{whose}, and it began {age / timedelta(hours=1):.0f} hours ago"


def _reason_of_child(
    client: MlflowClient, run: Any, reasons: Mapping[str, str], limit: timedelta
) -> str:
    """A child without an owner belongs to its parent's, and ends when that has ended."""
    if TAG in run.data.tags:
        return _reason(run, limit)
    parent_id = run.data.tags[_PARENT]
    if parent_id in reasons:
        why = reasons[parent_id]
        return f"its parent is abandoned: {why}" if why else ""
    parent = _run(client, parent_id)
    if parent is None or TAG not in parent.data.tags or parent.info.status == "RUNNING":
        return _reason(run, limit)
    return f"its parent is {parent.info.status}"


def _run(client: MlflowClient, run_id: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as err:
        if err.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None

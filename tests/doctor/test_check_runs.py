"""A run whose process is gone is found and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.doctor import check_runs
from tests.doctor.findings import repair

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_an_abandoned_run_is_a_problem_that_is_repaired(client: MlflowClient) -> None:
    (finding,) = check_runs.check([])
    assert finding.status == "ok"
    experiment = client.get_experiment_by_name("small").experiment_id
    run = client.create_run(experiment, start_time=1, run_name="lost")
    (finding,) = check_runs.check([])
    assert (finding.status, finding.subject) == ("problem", f"lost ({run.info.run_id})")
    repair(finding)
    (finding,) = check_runs.check([])
    assert finding.status == "ok"

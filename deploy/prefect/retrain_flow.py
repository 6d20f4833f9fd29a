"""A flow for Prefect 3 that retrains every Monday; Prefect stays out of the project's environment.

`python retrain_flow.py` serves it. The machine needs the project with its .venv in /srv/retrain,
and MLFLOW_TRACKING_URI in its environment where the store is a server.
"""

from __future__ import annotations

import subprocess
from typing import Any

from prefect import flow, get_run_logger
from prefect.states import Completed, Failed

PROJECT = "/srv/retrain"
COMMAND = (
    ".venv/bin/python -m pipeline.retrain --dataset {} --budget 90m --resume --log-format json"
)
NO_FAULT = {
    6: ("Refused", "the gate refused the new model; the model in use stays"),
    75: ("Locked", "another run holds the lock; nothing was done"),
}


# Above --budget, which ends the search only.
@flow(name="retrain", timeout_seconds=7200)
def retrain(dataset: str = "insurance") -> Any:
    """Run the command to its end; the flow's state follows from the exit code."""
    code = _run(COMMAND.format(dataset).split())
    if code == 0:
        return Completed(message="retrained, or nothing was new")
    if code in NO_FAULT:
        name, message = NO_FAULT[code]
        return Completed(name=name, message=message)
    return Failed(message=f"exit code {code}, see the log")


def _run(command: list[str]) -> int:
    """The exit code; each line of the job's log becomes one of the flow's."""
    logger = get_run_logger()
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                logger.info(line.rstrip())
        except BaseException:  # cancelled or too late: the job closes its MLflow run
            process.terminate()
            raise
    return process.returncode


if __name__ == "__main__":
    retrain.serve(name="weekly", cron="17 3 * * 1", limit=1)

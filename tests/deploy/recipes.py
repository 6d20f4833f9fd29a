"""What the files of deploy/ say, read from the files themselves."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline import errors
from tests.commands import ROOT
from tests.deploy import orchestrators

DEPLOY = ROOT / "deploy"
JOB = "pipeline.retrain"

CODES = {
    kind.exit_code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.PipelineError)
}
"""The exit codes that the pipeline gives on purpose."""

NO_FAULT = {errors.GateError.exit_code, errors.LockedError.exit_code}
"""Those after which nobody has to do anything: the model in use stays, as it should."""

LATER = {errors.PipelineError.exit_code, errors.TrackingError.exit_code}
"""Those of faults that may be gone when one tries again."""

SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Recipe:
    """One file that calls the job.

    Attributes:
        command: the call as a line for a shell.
        limit: seconds after which the scheduler ends the job.
    """

    file: str
    command: str
    limit: float

    @property
    def arguments(self) -> list[str]:
        """The options of the job."""
        return shlex.split(self.command.partition(f"-m {JOB} ")[2])


def read(name: str) -> str:
    """The text of one file of deploy/."""
    return (DEPLOY / name).read_text(encoding="utf-8")


def seconds(text: str) -> int:
    """A duration such as 2h, 90m or 1min."""
    number, kind = re.fullmatch(r"(\d+)([a-z]+)", text).groups()  # type: ignore[union-attr]
    return int(number) * SECONDS[kind]


def unit(name: str) -> dict[str, str]:
    """The settings of a systemd unit; of one that stands there twice the last."""
    lines = [line for line in read(f"systemd/{name}").splitlines() if not line.startswith("#")]
    pairs = [line.partition("=") for line in lines if "=" in line]
    return {key: value for key, _, value in pairs}


def crontab() -> tuple[dict[str, str], list[str]]:
    """A crontab's variables, and its jobs."""
    lines = [line for line in read("cron/retrain.crontab").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))
    return variables, [line for line in lines if not re.match(r"\w+=", line)]


def kubernetes() -> dict[str, Any]:
    """The manifests by their kind."""
    return {found["kind"]: found for found in yaml.safe_load_all(read("kubernetes/cronjob.yaml"))}


def workflow() -> dict[str, Any]:
    """GitHub's workflow; YAML reads its key `on` as true."""
    found: dict[str, Any] = yaml.safe_load(read("github/retrain.yml"))
    return found


def step(name: str) -> dict[str, Any]:
    """The workflow's step of that name."""
    steps = workflow()["jobs"]["retrain"]["steps"]
    (found,) = [each for each in steps if each.get("name") == name]
    return dict(found)


def recipes() -> list[Recipe]:
    """All of them."""
    service = unit("retrain@.service")
    variables, (line,) = crontab()
    job = kubernetes()["CronJob"]["spec"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    script = step("Retrain")["run"].replace("\\\n", " ")
    (call,) = re.findall(rf"\S+ -m {JOB} .*?(?= \$)", script)
    dag, flow = orchestrators.dag(), orchestrators.flow()
    return [
        Recipe(
            "systemd/retrain@.service",
            service["ExecStart"].replace("%i", "insurance").replace(" $RETRAIN_OPTIONS", ""),
            seconds(service["TimeoutStartSec"]),
        ),
        Recipe("cron/retrain.crontab", line.partition(" >> ")[0], seconds(variables["LIMIT"])),
        Recipe(
            "kubernetes/cronjob.yaml",
            f"python -m {JOB} {shlex.join(container['args'])}",
            job["activeDeadlineSeconds"],
        ),
        Recipe("github/retrain.yml", call, workflow()["jobs"]["retrain"]["timeout-minutes"] * 60),
        Recipe(
            "airflow/retrain_dag.py",
            dag["bash_command"],
            dag["execution_timeout"].total_seconds(),
        ),
        Recipe(
            "prefect/retrain_flow.py",
            flow.COMMAND.format("insurance"),
            flow.retrain.settings["timeout_seconds"],
        ),
    ]

"""The CronJob against what the job says by its exit codes, and what the image lets it write."""

from __future__ import annotations

from typing import Any

from tests.deploy import docker, recipes

SPEC: dict[str, Any] = recipes.kubernetes()["CronJob"]["spec"]
JOB = SPEC["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]
(CONTAINER,) = POD["containers"]


def test_two_jobs_never_run_at_once() -> None:
    assert SPEC["concurrencyPolicy"] == "Forbid"


def test_only_faults_that_may_pass_are_tried_again() -> None:
    (rule,) = [rule for rule in JOB["podFailurePolicy"]["rules"] if rule["action"] == "FailJob"]
    assert rule["onExitCodes"]["operator"] == "In"
    assert set(rule["onExitCodes"]["values"]) == recipes.CODES - recipes.LATER
    assert rule["onExitCodes"]["containerName"] == CONTAINER["name"]
    assert POD["restartPolicy"] == "Never"  # or the policy is refused
    assert JOB["backoffLimit"] > 0


def test_the_job_is_not_root_and_cannot_become_it() -> None:
    assert POD["securityContext"]["runAsNonRoot"]
    assert docker.user("Dockerfile") == POD["securityContext"]["runAsUser"]
    assert CONTAINER["securityContext"]["allowPrivilegeEscalation"] is False
    assert CONTAINER["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert POD["automountServiceAccountToken"] is False


def test_what_the_image_writes_to_can_be_written() -> None:
    assert CONTAINER["securityContext"]["readOnlyRootFilesystem"]
    empty = {volume["name"] for volume in POD["volumes"] if "emptyDir" in volume}
    paths = {m["mountPath"] for m in CONTAINER["volumeMounts"] if m["name"] in empty}
    assert paths == {"/work", "/tmp"}
    variables = docker.variables("Dockerfile")
    for place in (docker.workdir("Dockerfile"), variables["HOME"], variables["MPLCONFIGDIR"]):
        assert f"/{place.split('/')[1]}" in paths


def test_every_file_that_the_job_is_told_of_is_mounted() -> None:
    files = [word for word in CONTAINER["args"] if word.startswith("/")]
    mounted = [mount["mountPath"] for mount in CONTAINER["volumeMounts"]]
    assert files
    assert all(any(file.startswith(f"{path}/") for path in mounted) for file in files)


def test_what_a_volume_or_a_variable_refers_to_is_in_the_file() -> None:
    config = recipes.kubernetes()["ConfigMap"]
    (variable,) = CONTAINER["env"]
    reference = variable["valueFrom"]["configMapKeyRef"]
    assert variable["name"] == "MLFLOW_TRACKING_URI"
    (volume,) = [volume for volume in POD["volumes"] if "configMap" in volume]
    for name, key in (
        (reference["name"], reference["key"]),
        (volume["configMap"]["name"], volume["configMap"]["items"][0]["key"]),
    ):
        assert name == config["metadata"]["name"]
        assert key in config["data"]

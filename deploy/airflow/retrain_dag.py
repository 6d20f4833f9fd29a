"""A DAG for Airflow 3 that retrains every Monday; Airflow stays out of the project's environment.

Copy it to the DAG folder. The worker needs the project with its .venv in /srv/retrain, and
MLFLOW_TRACKING_URI in its environment where the store is a server.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "retrain_insurance",
    schedule="17 3 * * 1",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="retrain",
        bash_command=(
            ".venv/bin/python -m pipeline.retrain --dataset insurance"
            " --budget 90m --resume --log-format json"
        ),
        cwd="/srv/retrain",
        # 6: refused by the gate, the model in use stays. 75: another run holds the lock.
        skip_on_exit_code=[6, 75],
        # Above --budget, which ends the search only; then SIGTERM closes the MLflow run.
        execution_timeout=timedelta(hours=2),
        retries=1,
        retry_delay=timedelta(minutes=10),
    )

"""Addresses of a store: what MLflow takes, and nothing else."""

from __future__ import annotations

import pytest

from pipeline.errors import TrackingError
from pipeline.track import store_uri


@pytest.mark.parametrize(
    "address",
    [
        *("http://h", "https://u:p@h:5000/x", "databricks", "databricks://profile"),
        *("sqlite:///x.db", "sqlite:////x.db", "postgresql+psycopg://u:p#/?@h/db"),
        *("mysql+pymysql://h/db", "mssql+pyodbc://h/db", ""),
    ],
)
def test_what_mlflow_takes_passes(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.tracking._tracking_service.utils import _tracking_store_registry

    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    store_uri.check_store_uri()
    if address:
        assert _tracking_store_registry.get_store_builder(address) is not None


def test_the_registry_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "databricks-uc")
    store_uri.check_store_uri()
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "nosuch://h")
    with pytest.raises(TrackingError, match="MLFLOW_REGISTRY_URI"):
        store_uri.check_store_uri()

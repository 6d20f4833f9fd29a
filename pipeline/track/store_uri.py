"""Checks the store's address before MLflow is imported.

MLflow raises one of five exceptions for an address that it does not take, after seconds in which it
is imported, and with the address in its words, whatever password that holds.
"""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from urllib.parse import SplitResult, urlsplit

from pipeline.errors import TrackingError

TRACKING, REGISTRY = "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"
_DATABASES = frozenset({"sqlite", "postgresql", "mysql", "mssql"})
_SERVERS = frozenset({"http", "https"})
_UNITY = frozenset({"databricks-uc", "uc"})
"""Registries alone."""
_FILES = frozenset({"", "file"})
"""MLflow's retired file store, which a variable brings back."""


def check_store_uri() -> None:
    """Refuse an address of the store or of the registry that MLflow does not take.

    Raises:
        TrackingError: its scheme is none of MLflow's, or it cannot be split into its parts.
    """
    for variable in (TRACKING, REGISTRY):
        if uri := os.environ.get(variable):
            _check(variable, uri)


def _check(variable: str, uri: str) -> None:
    try:
        parts = urlsplit(uri)
        if parts.scheme in _SERVERS and not (parts.hostname and parts.port != 0):
            raise ValueError("no host")
    except ValueError:  # whose words may be a part of the password
        raise _refusal(
            variable, "an address that does not split into host and port", ": %23 for #, %2F for /"
        ) from None
    scheme, _, driver = parts.scheme.partition("+")
    if scheme == "sqlite" and parts.netloc:
        raise _refusal(variable, "sqlite:// with a host", "")
    if scheme in _DATABASES and "+" not in driver:
        return
    if parts.scheme not in _accepted_schemes(variable) and uri not in _accepted_schemes(variable):
        raise _refusal(variable, _describe(uri, parts), "")


def _accepted_schemes(variable: str) -> frozenset[str]:
    group = "mlflow.tracking_store" if variable == TRACKING else "mlflow.model_registry_store"
    taken = _SERVERS | {"databricks"} | {plugin.name for plugin in entry_points(group=group)}
    if variable == REGISTRY:
        taken |= _UNITY
    if os.environ.get("MLFLOW_ALLOW_FILE_STORE", "").lower() in {"true", "1"}:
        taken |= _FILES
    return taken


def _describe(uri: str, parts: SplitResult) -> str:
    if "@" in uri or "?" in uri:  # nothing tells where a password begins
        return f"an address that begins with {parts.scheme}:" if parts.scheme else "no scheme"
    return repr(uri)


def _refusal(variable: str, found: str, spelt: str) -> TrackingError:
    return TrackingError(
        f"{variable}: got {found}, expected http://HOST:PORT, sqlite:///FILE or a database such as "
        f"postgresql://USER:PASSWORD@HOST/NAME",
        hint=f"Set it to the server's address, a user's name and password in it percent-encoded"
        f"{spelt}; or leave it out for mlflow.db in this folder",
    )

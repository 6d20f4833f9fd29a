"""Packages of another version than the tested one are said in one line."""

from __future__ import annotations

from importlib import metadata

import pytest

from pipeline.doctor import check_versions
from tests.doctor.findings import only


def installed(monkeypatch: pytest.MonkeyPatch, package: str, version: str | None) -> None:
    """Pretend that a package has another version, or is not there."""
    original = metadata.version

    def of(name: str) -> str:
        if name != package:
            return original(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", of)


def test_the_environment_of_the_tests_is_as_tested() -> None:
    assert only(check_versions.check([])).status == "ok"


@pytest.mark.parametrize(
    ("package", "version", "status"),
    [
        ("pycaret", "3.3.1", "note"),
        ("pycaret", None, "problem"),
        ("pydantic", "1.10", "problem"),
        ("onnxruntime", "1.20.1", "problem"),
        ("onnxruntime", "1.29.0", "problem"),
        ("onnxruntime", "1.31.0", "note"),
    ],
)
def test_a_package_of_another_version_is_named_with_both(
    monkeypatch: pytest.MonkeyPatch, package: str, version: str | None, status: str
) -> None:
    installed(monkeypatch, package, version)
    found = list(check_versions.check([]))
    assert {f.subject for f in found} == {package}
    assert status in {f.status for f in found}
    assert all(f.found == (version or "not installed") and f.expected for f in found)


def test_another_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_versions.platform, "python_version", lambda: "3.12.1")
    finding = only(check_versions.check([]))
    assert (finding.subject, finding.status, finding.found) == ("Python", "problem", "3.12.1")
    assert ">=3.11" in finding.expected

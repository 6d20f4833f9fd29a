"""Checks Python and the installed packages against the tested versions."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.doctor.finding import Finding, Status

if TYPE_CHECKING:
    from packaging.requirements import Requirement

DISTRIBUTION = "pycaret-onnx-pipeline"

_FILE = Path(__file__).parents[2] / "pyproject.toml"
_INSTALL = "python -m pip install --require-hashes -r requirements.txt"


def check(names: Sequence[str]) -> Iterator[Finding]:
    """One finding per package that is missing or of another version than asked for."""
    del names
    python, requirements = _list_requirements()
    found = [*_python(python), *(f for r in requirements if (f := _package(r)) is not None)]
    yield from found
    if not found:
        text = f"Python {platform.python_version()} and {len(requirements)} packages as tested"
        yield Finding("environment", "ok", text)


def _list_requirements() -> tuple[str, list[Requirement]]:
    """The versions of Python, and each package that training needs."""
    from packaging.requirements import Requirement

    if _FILE.is_file():
        import tomllib

        project = tomllib.loads(_FILE.read_text(encoding="utf-8"))["project"]
        lines = [*project["dependencies"], *project["optional-dependencies"]["core"]]
        return project["requires-python"], [Requirement(line) for line in lines]
    known = metadata.metadata(DISTRIBUTION)
    every = [Requirement(line) for line in known.get_all("Requires-Dist") or ()]
    wanted = [r for r in every if r.marker is None or r.marker.evaluate({"extra": "core"})]
    return known["Requires-Python"], wanted


def _python(expected: str) -> Iterator[Finding]:
    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    if not SpecifierSet(expected).contains(version, prereleases=True):
        action = "make the virtual environment again with python3.11"
        yield Finding("Python", "problem", version, expected, action)


def _package(asked: Requirement) -> Finding | None:
    """What is wrong with one package; a version beside an exact pin may work, but nobody tried."""
    try:
        version = metadata.version(asked.name)
    except metadata.PackageNotFoundError:
        expected = f"{asked.specifier}" or "any version"
        return Finding(asked.name, "problem", "not installed", expected, _INSTALL)
    if asked.specifier.contains(version, prereleases=True):
        return None
    pinned = [part.operator for part in asked.specifier] == ["=="]
    status: Status = "note" if pinned else "problem"
    return Finding(asked.name, status, version, str(asked.specifier), _INSTALL)

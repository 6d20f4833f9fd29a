"""Which process takes which tests, and what all rooms share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import attacks, fuzzing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.commands import Preloaded

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts background jobs so, and their children would not hear Ctrl-C either.
    signal.signal(signal.SIGINT, signal.default_int_handler)


TOGETHER = ("browser", "compare", "doctor", "report")
"""Folders whose files share the trainings of their conftest.py, so that one process takes them."""
WHOLE_RUN = (
    "tests/end_to_end/test_telemetry.py",
    "tests/serving/test_serve.py",
    "tests/train/test_main.py",
)
"""Files that share the training of tests/commands.py, which fills a cold store."""
LONGEST_FIRST = (
    "tests/retrain/test_faults.py",
    "tests/end_to_end/test_coverage.py",
    "report",
    "whole run",
    "tests/retrain/test_year.py",
    "tests/end_to_end/test_composed.py",
    "tests/end_to_end/test_levels.py",
    "tests/errors/test_masking.py",
    "tests/errors/test_causes.py",
    "tests/team/test_team.py",
    "browser",
    "tests/docs/test_notebooks.py",
    "tests/docs/test_known_faults.py",
    "tests/end_to_end/test_damaged_models.py",
    "tests/end_to_end/test_together.py",
    "tests/parity/explanations/test_input_rounding.py",
    "tests/parity/explanations/test_float_noise.py",
    "tests/automl/test_compare.py",
    "tests/automl/test_experiment.py",
    "tests/end_to_end/test_one_meaning.py",
    "tests/end_to_end/test_odd_tables.py",
    "tests/end_to_end/test_fuzzed_tables.py",
)
"""Groups that keep one process busy for a minute or more, while the others do the rest."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(attacks.FLAG, action="store_true", help="write docs/figures/attacks.json")


def pytest_report_header() -> str:
    return f"fuzzing: FUZZ_SEED={fuzzing.SEED}"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", attacks.MARKER)
    config.pluginmanager.register(attacks.Recorder(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {group: number for number, group in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(_group(item.nodeid), len(place)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Each process takes whole files, or whole folders."""

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return ByGroup(config, log)


def _group(nodeid: str) -> str:
    name = nodeid.partition("::")[0]
    if name in WHOLE_RUN:
        return "whole run"
    file = Path(name)
    return file.parent.name if file.parent.name in TOGETHER else str(file)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed before the next file: Playwright starts no second one while the first is there."""
    from tests.browser import browsing
    from tests.commands import needed

    needed(browsing.CHROMIUM or None, "chromium")
    with browsing.browser() as started:
        yield started


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preloaded]:
    """A process that has imported the libraries, once per worker."""
    from tests.commands import preloaded

    with preloaded(tmp_path_factory.mktemp("ready")) as process:
        yield process


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> attacks.Counted:
    """Says what a test of the table in docs/security.md has counted."""
    return attacks.counter(request.node)


@pytest.fixture(autouse=True)
def _same_random_numbers_every_time() -> None:
    """Estimators without a random_state draw from NumPy's global generator."""
    np.random.seed(0)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair of keys that are in use, and a pair of somebody else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    from pipeline.runtime import signature

    (folder := tmp_path / "keys").mkdir()
    for name in ("ours", "others"):
        key = Ed25519PrivateKey.generate()
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(key.private_bytes(*form))
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}-public.pem").write_bytes(public)
    monkeypatch.setenv(signature.SIGNING_KEY, str(folder / "ours.pem"))
    monkeypatch.setenv(signature.PUBLIC_KEY, str(folder / "ours-public.pem"))
    return folder

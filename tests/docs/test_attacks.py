"""The table of attacks in docs/security.md says what the tests do."""

from __future__ import annotations

import json

import pytest

from tests import attacks

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest
from tests import attacks

def pytest_addoption(parser):
    parser.addoption(attacks.FLAG, action="store_true")

def pytest_configure(config):
    config.addinivalue_line("markers", attacks.MARKER)
    config.pluginmanager.register(attacks.Recorder(config))

@pytest.fixture
def counted(request):
    return attacks.counter(request.node)
"""
TESTS = """
import pytest

CUT = pytest.mark.attack("cut off", "refused")

@CUT
@pytest.mark.parametrize("door", ["a", "b"])
def test_a_door(door): pass

@CUT
def test_another(): pass

@CUT
def test_broken(): assert False

@pytest.mark.attack("changed", "{refused:,} refused")
def test_many(counted): counted(tries=MANY, refused=MANY)

@pytest.mark.attack("changed", "{refused:,} refused")
def test_of_another_seed(counted): pass

def test_unmarked(): pass

def test_table(request):
    from tests import attacks
    assert attacks.differences(request.config.stash[attacks.CASES], ["test_x.py"]) == DIFFERENCES
"""


def test_tries_are_recorded_and_anything_else_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "FILE", pytester.path / "attacks.json")
    pytester.makeconftest(CONFTEST)

    def ran(*flags: str, many: int = 1500, difference: list[str] | None = None) -> dict[str, int]:
        text = TESTS.replace("MANY", str(many)).replace("DIFFERENCES", str(difference or []))
        pytester.makepyfile(test_x=text)
        found = pytester.runpytest_inprocess("-p", "no:xdist", *flags).parseoutcomes()
        return {outcome: found[outcome] for outcome in ("passed", "failed")}

    (pytester.path / "attacks.json").write_text("{}")
    ran(attacks.FLAG)
    known = json.loads((pytester.path / "attacks.json").read_text())
    assert known == {
        "changed": {
            "outcome": "{refused:,} refused",
            "tests": {"test_x.py::test_many": {"cases": 1, "tries": 1500, "refused": 1500}},
        },
        "cut off": {
            "outcome": "refused",
            "tests": {
                "test_x.py::test_a_door": {"cases": 2, "tries": 2},
                "test_x.py::test_another": {"cases": 1, "tries": 1},
            },
        },
    }
    broken = "test_x.py::test_broken: 1 cases of ('cut off', 'refused'), recorded are 0"
    uncounted = broken.replace("broken", "of_another_seed").replace(
        "('cut off', 'refused')", "('changed', '{refused:,} refused')"
    )
    assert ran(difference=[broken, uncounted]) == {"passed": 7, "failed": 1}
    assert ran(difference=[broken, uncounted], many=15) == {"passed": 6, "failed": 2}


def test_every_test_of_the_table_is_recorded_with_all_its_cases(
    request: pytest.FixtureRequest,
) -> None:
    config = request.config
    if config.getoption(attacks.FLAG) or any("::" in argument for argument in config.args):
        pytest.skip("some tests of a file say nothing about its other tests")
    found = config.stash[attacks.CASES]
    collected = config.stash[attacks.FILES]
    assert attacks.differences(found, collected) == []


def test_every_line_of_the_table_has_tests_that_are_there() -> None:
    for what, line in attacks.recorded().items():
        assert line["tests"], what
        for name, counts in line["tests"].items():
            file, _, function = attacks.function(name).partition("::")
            assert f"def {function}(" in (attacks.ROOT / file).read_text(encoding="utf-8"), name
            assert counts["tries"] >= counts["cases"] > 0

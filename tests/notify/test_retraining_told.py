"""Receivers that are slow or dead change nothing of a retraining but one warning."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import tracked
from tests.commands import Preloaded, Running
from tests.notify.webhooks import DRIP, DROP, HANG, webhook
from tests.retrain import weeks

pytestmark = pytest.mark.long

NOTIFY = """
[notify]
webhook = "{url}"
on = ["promoted", "refused", "killed"]
attempts = 2
timeout = 0.5
"""


@contextmanager
def never_accepting() -> Iterator[str]:
    """The system takes the connection and the request; nobody ever reads them."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/SECRET"


@contextmanager
def closed() -> Iterator[str]:
    yield f"http://127.0.0.1:{tracked.free_port()}/SECRET"


@contextmanager
def behaving(answer: int) -> Iterator[str]:
    with webhook(answer) as hook:
        yield hook.url


RECEIVERS = {
    "silent": (never_accepting, "no answer within 0.5 s"),
    "hanging": (lambda: behaving(HANG), "no answer within 0.5 s"),
    "dripping": (lambda: behaving(DRIP), "no answer within 0.5 s"),
    "resetting": (lambda: behaving(DROP), ""),
    "failing": (lambda: behaving(503), "answered 503"),
    "closed": (closed, "Connection refused"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A shop's working folder, with a store."""
    folder = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        tracked.enter(folder, patch)
        (folder / "shop.toml").write_text(weeks.SPEC, encoding="utf-8")
        weeks.file(folder, 1)
        lacking = weeks.table(2)
        lacking[lacking["plan"] != "pro"].to_csv(folder / "lacking.csv", index=False)
        yield folder


def begun(place: Path, ready: Preloaded, name: str, url: str, *options: str) -> Running:
    quick = 'include = ["dt"]\nfold = 2\ntop = 1\n'
    (place / f"{name}.toml").write_text(quick + NOTIFY.format(url=url), encoding="utf-8")
    arguments = ("--dataset", "shop.toml", "--config", f"{name}.toml", *options)
    return ready.started(place, name, *arguments, module="pipeline.retrain")


def summary(running: Running) -> dict[str, Any]:
    text = (running.folder / f"{running.name}.out").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def told(running: Running) -> str:
    """The one warning that the alert was not sent; logs show the host of the address alone."""
    text = (running.folder / f"{running.name}.err").read_text(encoding="utf-8")
    assert "SECRET" not in text
    (line,) = (e["message"] for e in running.events() if "alert not sent" in e["message"])
    return str(line)


@pytest.mark.attack(
    "a webhook that is silent, hangs, drips, resets, fails or is closed",
    "same result and exit code, one warning",
)
def test_a_promotion_is_one_whoever_does_not_hear_of_it(place: Path, ready: Preloaded) -> None:
    with never_accepting() as url:
        running = begun(place, ready, "promoted", url)
        assert running.end() == 0
    assert summary(running)["outcome"] == "promoted"
    assert "(attempt 2)" in told(running)


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.attack(
    "a webhook that is silent, hangs, drips, resets, fails or is closed",
    "same result and exit code, one warning",
)
def test_a_refusal_keeps_its_code_and_its_reason(
    place: Path, ready: Preloaded, receiver: str
) -> None:
    make, says = RECEIVERS[receiver]
    with make() as url:
        running = begun(place, ready, receiver, url, "--data", "lacking.csv")
        assert running.end() == 3
    found = summary(running)
    assert (found["outcome"], found["exit_code"]) == ("refused", 3)
    assert "got no row of class 'pro'" in found["reason"]
    assert says in told(running)
    assert "(attempt 2)" in told(running)


@pytest.mark.attack(
    "a webhook that is silent, hangs, drips, resets, fails or is closed",
    "same result and exit code, one warning",
)
def test_a_killed_retraining_does_not_wait_for_a_receiver_that_is_silent(
    place: Path, ready: Preloaded
) -> None:
    with never_accepting() as url:
        running = begun(place, ready, "killed", url, "--force")
        running.until("stage", "experiment")
        running.send(signal.SIGTERM, to_all=False)
        assert running.end() == 143
    assert summary(running)["outcome"] == "killed"
    assert "(attempt 1)" in told(running)

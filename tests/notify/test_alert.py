"""Alerts reach a command and a webhook that behave badly, and never say a secret."""

from __future__ import annotations

import json
import logging
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.retrain_config import Notify, RetrainOutcome
from pipeline.config.train_config import TrainConfig, read_config
from pipeline.errors import ConfigError
from pipeline.notify import alert
from pipeline.track.record import NOT_CONTENT
from pipeline.train import artifacts
from tests import tracked
from tests.notify.processes import is_gone, script, until
from tests.notify.summaries import summary
from tests.notify.webhooks import DRIP, DROP, HANG, self_signed, webhook

FAILED = summary(RetrainOutcome.failed, 7, reason="no store", hint="start it")


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Sleep:
    """Waits for nothing and remembers for how long."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def sent(url: str, caplog: pytest.LogCaptureFixture, **settings: Any) -> tuple[list[float], str]:
    """Send a failed run's summary; the waits between attempts, and what was logged."""
    sleep = Sleep()
    alert.send_alerts(FAILED, Notify(webhook=url, **settings), sleep)
    assert "SECRET" not in caplog.text
    return sleep.waits, caplog.text


def test_the_summary_is_posted_as_json(caplog: pytest.LogCaptureFixture) -> None:
    with webhook(200) as hook:
        assert sent(hook.url, caplog) == ([], "")
    assert hook.lines == ["POST /hooks/SECRET-PATH?token=SECRET-QUERY HTTP/1.1"]
    assert hook.headers[0]["Content-Type"] == "application/json"
    assert json.loads(hook.bodies[0]) == json.loads(FAILED.to_json())


@pytest.mark.parametrize("bad", [500, 502, 503, 599, 408, 429, DROP])
def test_what_may_pass_is_tried_again(bad: int, caplog: pytest.LogCaptureFixture) -> None:
    with webhook(bad, bad, 204) as hook:
        waits, text = sent(hook.url, caplog)
    assert len(hook.bodies) == 3
    assert len(set(hook.bodies)) == 1
    assert text == ""
    assert 0.5 <= waits[0] <= 1 <= waits[1] <= 2


@pytest.mark.parametrize("final", [400, 401, 403, 404, 410, 422, 301, 302, 303, 307, 308])
def test_what_will_not_pass_is_tried_once(final: int, caplog: pytest.LogCaptureFixture) -> None:
    with webhook(final) as hook:
        waits, text = sent(hook.url, caplog)
    assert (len(hook.bodies), waits) == (1, [])
    assert f"alert not sent: 127.0.0.1: answered {final}" in text
    assert len(caplog.records) == 1


@pytest.mark.parametrize("silent", [HANG, DRIP])
def test_a_server_that_never_answers_is_given_up(
    silent: int, caplog: pytest.LogCaptureFixture
) -> None:
    with webhook(silent) as hook:
        waits, text = sent(hook.url, caplog, timeout=0.3, attempts=2)
    assert len(waits) == 1
    assert "no answer within 0.3 s" in text


def test_a_name_that_is_looked_up_for_ever_is_given_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: time.sleep(2))
    began = time.monotonic()
    _, text = sent("https://example.invalid/SECRET", caplog, timeout=0.2, attempts=1)
    assert time.monotonic() - began < 2
    assert "example.invalid: no answer within 0.2 s" in text


def test_a_closed_port_is_one_warning_after_all_attempts(caplog: pytest.LogCaptureFixture) -> None:
    port = tracked.free_port()
    waits, text = sent(f"http://127.0.0.1:{port}/SECRET", caplog, attempts=5)
    assert len(waits) == 4
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING
    assert "Connection refused" in text


def test_waits_double_and_are_bounded() -> None:
    waits = [[alert._wait(k) for _ in range(50)] for k in range(1, 10)]
    for attempt, found in enumerate(waits, 1):
        longest = min(alert.LONGEST_WAIT, 2.0 ** (attempt - 1))
        assert longest / 2 <= min(found) <= max(found) <= longest
        assert len(set(found)) > 1


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with webhook(200, context=self_signed(tmp_path)) as hook:
        waits, text = sent(hook.url.replace("http:", "https:"), caplog)
    assert (hook.bodies, waits) == ([], [])
    assert "certificate refused" in text


@pytest.mark.parametrize("outcome", RetrainOutcome)
def test_only_the_outcomes_that_are_listed_are_told(outcome: RetrainOutcome) -> None:
    with webhook(200) as hook:
        alert.send_alerts(summary(outcome), Notify(webhook=hook.url, on=("promoted", "killed")))
    assert len(hook.bodies) == (outcome in {"promoted", "killed"})


def test_by_default_good_news_is_no_news() -> None:
    assert set(Notify().on) == {
        RetrainOutcome.failed,
        RetrainOutcome.killed,
        RetrainOutcome.refused,
    }


def test_a_killed_run_does_not_wait_for_a_second_attempt() -> None:
    sleep = Sleep()
    with webhook(500) as hook:
        alert.send_alerts(
            summary(RetrainOutcome.killed, 143), Notify(webhook=hook.url, attempts=5), sleep
        )
    assert (len(hook.bodies), sleep.waits) == (1, [])


def test_nobody_to_tell_is_fine() -> None:
    alert.send_alerts(FAILED, Notify())


def test_a_command_gets_the_json_on_stdin_and_writes_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = (
        "import sys; open('body', 'w').write(sys.stdin.read()); print(1); print(2, file=sys.stderr)"
    )
    alert.send_alerts(FAILED, Notify(command=script(tmp_path, code)))
    assert json.loads((tmp_path / "body").read_text()) == json.loads(FAILED.to_json())
    assert capfd.readouterr() == ("", "")


def test_a_command_that_fails_is_tried_again_and_then_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = script(tmp_path, "open('tries', 'a').write('x'); raise SystemExit(3)")
    alert.send_alerts(FAILED, Notify(command=(*command, "SECRET")), Sleep())
    assert (tmp_path / "tries").read_text() == "xxx"
    assert "ended with code 3 (attempt 3)" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_slow_command_is_killed_with_all_that_it_has_started(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "trap '' TERM; sleep 300 & echo $$ $! >pids; wait"
    began = time.monotonic()
    alert.send_alerts(FAILED, Notify(command=("sh", "-c", code), timeout=2.0, attempts=1), Sleep())
    assert time.monotonic() - began < 60
    assert "killed after 2 s" in caplog.text
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        until(lambda pid=pid: is_gone(pid))


def test_a_command_that_has_gone_meanwhile_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sleep = Sleep()
    alert.send_alerts(FAILED, Notify(command=(str(tmp_path / "gone"),)), sleep)
    assert "did not start (No such file or directory)" in caplog.text
    assert sleep.waits == []


def test_both_are_told_even_if_the_first_cannot_be(tmp_path: Path) -> None:
    with webhook(200) as hook:
        settings = Notify(command=(str(tmp_path / "gone"),), webhook=hook.url)
        alert.send_alerts(FAILED, settings, Sleep())
    assert len(hook.bodies) == 1


def test_a_variable_fills_the_url_and_its_line_end_does_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with webhook(200) as hook:
        monkeypatch.setenv("HOOK_TOKEN", "SECRET-1\n")
        monkeypatch.setenv("HOOK_PORT", str(hook.port))
        settings = Notify(webhook="http://127.0.0.1:${HOOK_PORT}/x?token=${HOOK_TOKEN}&a=$b")
        alert.check_alerts(settings)
        alert.send_alerts(FAILED, settings)
    assert hook.lines == ["POST /x?token=SECRET-1&a=$b HTTP/1.1"]
    assert not caplog.records


@pytest.mark.parametrize("setting", [None, ""])
def test_a_variable_that_is_not_set_is_named(
    setting: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("HOOK_TOKEN", raising=False)
    if setting is not None:
        monkeypatch.setenv("HOOK_TOKEN", setting)
    settings = Notify(webhook="https://h.example/SECRET/${HOOK_TOKEN}")
    with pytest.raises(ConfigError, match="HOOK_TOKEN") as raised:
        alert.check_alerts(settings)
    assert raised.value.exit_code == 3
    assert "SECRET" not in str(raised.value)
    alert.send_alerts(FAILED, settings)  # and if it goes missing later, no more than a warning
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/SECRET", "ftp://h/SECRET", "data:,SECRET", "gopher://h/SECRET", "SECRET"),
        *("//h/SECRET", "http:///SECRET", "https://", "http://h:x/SECRET", "http://[::1/SECRET"),
        *("http://h/SE CRET", "http://h/\nSECRET", "http://hé/SECRET", "http://SECRET:SECRET@h/"),
        "http://h:99999/SECRET",
    ],
)
def test_other_urls_are_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="expected an http or https URL") as raised:
        alert.check_alerts(Notify(webhook=url))
    assert "SECRET" not in f"{raised.value}{raised.value.details}"


@pytest.mark.parametrize("command", [["no-such-program"], ["/etc"], ["/etc/passwd"], ["./gone"]])
def test_a_command_that_cannot_start_is_refused(command: list[str]) -> None:
    with pytest.raises(ConfigError, match="expected a program that can be started"):
        alert.check_alerts(Notify(command=command))


def test_a_command_in_one_text_is_refused_without_its_arguments() -> None:
    with pytest.raises(ConfigError, match="got 'no-such-program', expected") as err:
        alert.check_alerts(Notify(command=["no-such-program -d https://hooks.example/SECRET"]))
    assert "SECRET" not in str(err.value)


@pytest.mark.parametrize(
    "table",
    [
        '[notify]\nwebhook = ["https://hooks.example/services/SECRET"]',
        '[notify.webhook]\nurl = "https://hooks.example/SECRET"',
        '[[notify]]\nwebhook = "https://hooks.example/SECRET"',
        'notify = "https://hooks.example/SECRET"',
        '[notify]\ncommand = "curl -d SECRET"',
        '[notify]\ncommand = ["curl", ["SECRET"]]',
        '[notify]\nhook = "https://hooks.example/SECRET"',
    ],
)
def test_settings_that_are_refused_show_nothing_of_a_webhook(table: str, tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    file.write_text(table, encoding="utf-8")
    with pytest.raises(ConfigError) as err:
        read_config(file)
    assert "SECRET" not in f"{err.value} {err.value.details}"


def test_a_health_file_without_a_folder_is_refused(tmp_path: Path) -> None:
    alert.check_alerts(Notify(health=tmp_path / "a.prom", command=["true"], webhook="https://h/x"))
    with pytest.raises(ConfigError, match=r"notify\.health"):
        alert.check_alerts(Notify(health=tmp_path / "gone" / "a.prom"))


def test_what_a_training_keeps_of_its_settings_holds_no_webhook() -> None:
    hook = Notify(webhook="https://h.example/SECRET", command=["x", "SECRET"])
    config = TrainConfig(dataset="insurance", notify=hook)
    assert "SECRET" not in json.dumps(artifacts.dump_config(config))
    assert "notify" in NOT_CONTENT


def test_the_health_file_counts_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    file.write_text('[notify]\nhealth = "a.prom"\nattempts = 2\n')
    notify = read_config(file).notify
    assert notify is not None
    assert (notify.health, notify.attempts) == (tmp_path / "a.prom", 2)

"""Signals become exceptions, never inside the lines that must finish."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from pipeline.system.signals import SIGNALS, Interrupts, Terminated, is_interrupt, postpone_signals


def send(signum: int) -> None:
    os.kill(os.getpid(), signum)


def test_sigterm_is_an_exit_with_its_code() -> None:
    with pytest.raises(Terminated) as raised, Interrupts().installed():
        send(signal.SIGTERM)
    assert raised.value.code == 143


def test_ctrl_c_stays_a_keyboard_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), Interrupts().installed():
        send(signal.SIGINT)


def test_a_held_signal_arrives_after_the_block() -> None:
    done = []
    interrupts = Interrupts()
    with pytest.raises(Terminated), interrupts.installed():
        with interrupts.held():
            send(signal.SIGTERM)
            done.append("held")
        done.append("after")
    assert done == ["held"]


def test_a_block_that_fails_by_itself_keeps_its_own_failure() -> None:
    interrupts = Interrupts()
    with pytest.raises(ValueError, match="its own"), interrupts.installed(), interrupts.held():
        send(signal.SIGTERM)
        raise ValueError("its own")


def test_handlers_are_put_back() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with Interrupts().installed():
        assert signal.getsignal(signal.SIGTERM) != before[signal.SIGTERM]
    assert {number: signal.getsignal(number) for number in before} == before


def test_the_handler_of_somebody_else_is_called() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with Interrupts().installed():
            send(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts().installed():
            send(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nothing_is_installed() -> None:
    seen = []

    def watch() -> None:
        with Interrupts().installed():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


@pytest.mark.parametrize(
    ("err", "expected"),
    [
        (KeyboardInterrupt(), True),
        (SystemExit(143), True),
        (SystemExit(130), True),
        (SystemExit(3), False),
        (SystemExit(None), False),
        (ValueError(), False),
    ],
)
def test_only_the_codes_of_signals_are_interrupts(err: BaseException, expected: bool) -> None:
    assert is_interrupt(err) is expected


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_postponed_signal_comes_when_the_block_has_ended(signum: signal.Signals) -> None:
    interrupts, done = Interrupts(), []
    with interrupts.installed(), pytest.raises((Terminated, KeyboardInterrupt)):
        with postpone_signals():
            os.kill(os.getpid(), signum)
            done.append("to the end")
        pytest.fail("the signal came to nothing")
    assert done == ["to the end"]
    assert interrupts.delivered == signum


def test_without_a_signal_a_postponed_block_leaves_the_handlers_as_they_were() -> None:
    before = [signal.getsignal(signum) for signum in SIGNALS]
    with postpone_signals():
        assert [signal.getsignal(signum) for signum in SIGNALS] != before
    assert [signal.getsignal(signum) for signum in SIGNALS] == before

"""Sends alerts about a retraining to a command or a webhook; failures change no outcome."""

from __future__ import annotations

import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial

from pipeline.config.retrain_config import Notify, RetrainOutcome
from pipeline.errors import ConfigError
from pipeline.notify import delivery, webhook_url
from pipeline.notify.summary import Summary

logger = logging.getLogger(__name__)

LONGEST_WAIT = 30.0
"""Seconds between two attempts, at most."""


def check_alerts(settings: Notify) -> None:
    """Find out before the work begins whether an alert could be sent after it.

    Raises:
        ConfigError: the command is not there, a variable of the webhook is not set, its URL is not
            http or https, or the health file's folder cannot be written.
    """
    if settings.command is not None and shutil.which(settings.command[0]) is None:
        raise ConfigError(
            f"notify.command: got {_program(settings.command)!r}, expected a program that can be "
            "started",
            hint="Write its full path, and make it executable; arguments are texts of their own",
        )
    if settings.webhook is not None:
        webhook_url.resolve_url(settings.webhook)
    if settings.health is not None and not os.access(settings.health.parent, os.W_OK):
        raise ConfigError(
            f"notify.health: got {settings.health}, expected a file where the job can write one",
            hint="Make the folder, and let the job's user write into it",
        )


def _program(command: Sequence[str]) -> str:
    """What may be shown of a command, whose first text can hold arguments, and they secrets."""
    return command[0].partition(" ")[0]


def send_alerts(
    summary: Summary, settings: Notify, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Send the summary to the command and to the webhook if its outcome calls for one.

    Each gets `attempts` attempts of `timeout` seconds; before attempt k + 1 comes a wait between
    half of 2^(k-1) seconds and all of it, 30 at most. With the defaults that is at most
    3 * 10 + 1 + 2 = 33 s each. A killed run has one attempt: who killed it waits only so long. An
    answer of 4xx is final, but for 408 and 429. Failures are one warning for each channel.

    Args:
        settings: whom to tell of what.
        sleep: waits so many seconds.
    """
    if summary.outcome not in settings.on:
        return
    body = f"{summary.to_json()}\n".encode()  # shells read whole lines
    attempts = 1 if summary.outcome is RetrainOutcome.killed else settings.attempts
    if settings.command is not None:
        send = partial(delivery.run_alert_command, settings.command, body, settings.timeout)
        _deliver(send, settings.command[0], attempts, sleep)
    if settings.webhook is not None:
        try:
            url = webhook_url.resolve_url(settings.webhook)
        except ConfigError as err:
            logger.warning("alert not sent: %s", err)
            return
        send = partial(delivery.post_alert, url, body, settings.timeout)
        _deliver(send, webhook_url.redact_url(url), attempts, sleep)


def _deliver(
    send: Callable[[], None], receiver: str, attempts: int, sleep: Callable[[float], None]
) -> None:
    """Try until it works or makes no sense any more."""
    for attempt in range(1, attempts + 1):
        try:
            send()
        except delivery.UndeliveredError as err:
            if err.is_final or attempt == attempts:
                logger.warning("alert not sent: %s: %s (attempt %d)", receiver, err, attempt)
                return
            sleep(_wait(attempt))
        else:
            return


def _wait(attempt: int) -> float:
    """Seconds after a failed attempt; random, so that many jobs do not come back together."""
    longest = min(LONGEST_WAIT, 2.0 ** (attempt - 1))
    return random.uniform(longest / 2, longest)

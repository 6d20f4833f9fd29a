"""Delivers a JSON body once to a command or a webhook, within a time limit."""

from __future__ import annotations

import http
import os
import signal
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pipeline import __version__


class UndeliveredError(Exception):
    """An attempt failed.

    Attributes:
        is_final: another attempt would fail the same way.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


def run_alert_command(command: Sequence[str], body: bytes, timeout: float) -> None:
    """Run a command with the body on its stdin; what it prints is thrown away.

    It gets a process group of its own, all of which is killed when the time is up.

    Raises:
        UndeliveredError: it did not start, did not end in time, or ended with another code than 0.
    """
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError as err:
        raise UndeliveredError(f"did not start ({err.strerror})", is_final=True) from err
    try:
        process.communicate(body, timeout)
    except BaseException as err:
        _kill(process)
        if isinstance(err, subprocess.TimeoutExpired):
            raise UndeliveredError(f"killed after {timeout:g} s") from err
        raise
    if process.returncode:
        raise UndeliveredError(f"ended with code {process.returncode}")


def post_alert(url: str, body: bytes, timeout: float) -> None:
    """Send the body by POST as application/json.

    Redirects are not followed: a POST would become a GET, and the body could go anywhere.

    Raises:
        UndeliveredError: no answer of 200 to 299 within `timeout` seconds in all, however slowly
            names are looked up and bytes drip.
    """
    failures: list[Exception] = []
    thread = threading.Thread(
        target=_send, args=(url, body, timeout, failures), name="webhook", daemon=True
    )
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        raise UndeliveredError(f"no answer within {timeout:g} s")
    if failures:
        raise _explain(failures[0], timeout) from None  # the cause may show the URL


def _send(url: str, body: bytes, timeout: float, failures: list[Exception]) -> None:
    agent = f"pycaret-onnx-pipeline/{__version__}"
    headers = {"Content-Type": "application/json", "User-Agent": agent}
    try:
        request = urllib.request.Request(url, body, headers, method="POST")
        with _opener().open(request, timeout=timeout):
            pass
    except Exception as err:  # noqa: BLE001  whatever it is, it belongs to the caller
        failures.append(err)


def _opener() -> urllib.request.OpenerDirector:
    """An opener for http and https alone, with the certificates that the system trusts."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _explain(err: Exception, timeout: float) -> UndeliveredError:
    """Why it failed, without any text that could hold a part of the URL."""
    if isinstance(err, urllib.error.HTTPError):
        err.close()
        again = err.code in (408, 429) or err.code >= 500
        return UndeliveredError(_answer(err.code), is_final=not again)
    reason: Any = err.reason if isinstance(err, urllib.error.URLError) else err
    if isinstance(reason, TimeoutError):
        return UndeliveredError(f"no answer within {timeout:g} s")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return UndeliveredError(f"certificate refused: {reason.verify_message}", is_final=True)
    words = reason.strerror if isinstance(reason, OSError) else None
    return UndeliveredError(words or type(reason).__name__)


def _answer(code: int) -> str:
    with suppress(ValueError):
        redirected = ", a redirect, which is not followed" if 300 <= code < 400 else ""
        return f"answered {code} {http.HTTPStatus(code).phrase}{redirected}"
    return f"answered {code}"


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()

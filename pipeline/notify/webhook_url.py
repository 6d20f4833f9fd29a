"""Fills secrets from the environment into a webhook's URL, and keeps them out of messages."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from pipeline.errors import ConfigError

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def resolve_url(template: str) -> str:
    """The URL with every `${NAME}` filled from the environment.

    Raises:
        ConfigError: a variable is not set, or the result is no plain http or https URL. The
            message never holds the URL, as all of it after the host may be secret.
    """
    url = _VARIABLE.sub(_value, template).strip()
    if not re.fullmatch(r"[!-~]+", url):
        raise _wrong("spaces or letters outside ASCII", "Quote them as %20 and so on")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as err:
        raise _wrong("no valid host and port", "Write https://HOST:PORT/PATH") from err
    if parts.scheme.lower() not in ("http", "https"):
        raise _wrong("another scheme", "Write https://HOST/PATH")
    if not parts.hostname:
        raise _wrong("no host", "Write https://HOST/PATH")
    if "@" in parts.netloc:
        raise _wrong("a user name in front of the host", "Put a token into the path or query")
    return url


def redact_url(url: str) -> str:
    """All of a URL that may be shown."""
    return urlsplit(url).hostname or "webhook"


def _value(found: re.Match[str]) -> str:
    name = found[1]
    if not os.environ.get(name):
        raise ConfigError(
            f"notify.webhook: got ${{{name}}}, which is not set, expected an environment variable",
            hint=f"Set {name} for the job, for example in its unit or secret",
        )
    return os.environ[name].strip()


def _wrong(found: str, hint: str) -> ConfigError:
    return ConfigError(f"notify.webhook: got {found}, expected an http or https URL", hint=hint)

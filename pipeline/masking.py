"""What must not leave the process: passwords and tokens, in whatever text holds them.

Errors, logs, tracebacks, JSON lines and what is said on stdout pass through here. Standard library
only, since it travels with a model's scoring code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK = "***"
SHORTEST = 4
"""Characters of a variable's value that can be told from an ordinary word."""

_NAMES = re.compile(r"PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY|ACCESS_KEY|CREDENTIAL", re.IGNORECASE)
"""Variables whose whole value is secret."""
_USER = re.compile(r"(?<=://)[^\s/?#'\"<>]*@")
"""User name and password in front of the host of any address."""
_FIELD = re.compile(
    r"([?&;\s]|\b)((?:[\w-]*(?:token|secret|passw(?:or)?d|signature|credential|api_?key)[\w-]*)=)"
    r"[^\s&;'\"<>]+",
    re.IGNORECASE,
)
"""A field of a query or of a database's address that is secret by its name."""
_HEADER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}")
"""An HTTP authorization header."""


def masked(text: str) -> str:
    """The text without what is secret in it.

    Hidden are the values of environment variables whose names say so, the passwords inside of any
    variable that holds an address, as they are and in the spellings of a URL, and whatever looks
    like a user name before a host, a secret field of an address, or an authorization header.
    """
    for secret in sorted(set(_secrets()), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _USER.sub(f"{MASK}@", text)
    text = _FIELD.sub(rf"\g<1>\g<2>{MASK}", text)
    return _HEADER.sub(rf"\g<1> {MASK}", text)


def _secrets() -> Iterator[str]:
    for name, value in os.environ.items():
        if "://" in value and "@" in value:
            yield from _spellings(_password(value))
        elif _NAMES.search(name):
            yield from _spellings(value)


def _password(address: str) -> str:
    """The password in an address, also where it holds what an address must not."""
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


def _spellings(secret: str) -> Iterator[str]:
    """As it is and without its escapes, and both with the escapes of a URL or a form."""
    for plain in (secret, unquote(secret)):
        for text in (plain, quote(plain, safe=""), quote_plus(plain)):
            if len(text) >= SHORTEST:
                yield text

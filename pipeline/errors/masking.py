"""Masks passwords and tokens in any text that leaves the process.

Errors, logs, tracebacks, JSON lines and what is said on stdout pass through here. Standard library
only, since it travels with a model's scoring code.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
SHORTEST = 6
"""Characters that distinguish a variable's value from a part of an ordinary word."""

_NAMES = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?:API|ACCESS|ACCOUNT|STORAGE|SECRET|PRIVATE)_?KEY"
    r"|(?:^|_)(?:TOKEN|SECRET|CONNECTION_STRING)S?(?:_|$)"
    r"|_PWD$|(?:^|_)AUTH$|(?:^|_)(?:WEB)?HOOK(?:_URL)?$",
    re.IGNORECASE,
)
"""Variables whose whole value is secret."""
_ADDRESS = re.compile(r"\s*[A-Za-z][\w.+:-]*://")
_ORDINARY = re.compile(r"[A-Za-z]{1,11}|[\d.,eE+-]{1,11}")
"""Words and numbers, which stand in too many texts to be searched for."""

_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=%3F)|(?<=%26))"
_SECRET = rf"""(?:
    token | secret | passw(?:or)?d | passphrase | credential
    | (?:api|access|account|shared|ssl|private|storage)[_-]?key
    | {_EDGE}(?:auth(?:orization)? | pass | pwd | sig)
    | signature(?==|%3D)
    | (?:(?<=[?&])|(?<=%3F)|(?<=%26))key(?==|%3D)
)s?\d*"""
_USER = re.compile(
    r"""((?<![\w.+-])(?!(?:models|runs):)[A-Za-z][\w.+-]*:/{1,2})
    (?:[^\s/?\#'"<>]*                            # as an address must be written
    | [^\s/?\#'"<>:]*:(?!\d*[/?\#])[^\s'"<>]*)   # a password with / ? # in it, but no port
    @""",
    re.VERBOSE,
)
"""User name and password in front of the host of any address."""
_FIELD = re.compile(
    rf"""(?P<name>(?<![\w-])[\w-]*{_SECRET}(?:\\*["'])?[ \t]*(?:=|:(?!//)|%3D)[ \t]*)
    (?:(?P<quote>\\*["'])(?P<kind>(?:(?:Bearer|Basic)\s+)?)
       (?:\\.|[^\\"\n])*?(?=(?P=quote)|["\n]|$)
    | (?P<bare_kind>(?:(?:Bearer|Basic)\s+)?)
       (?P<bare>(?:(?!%26|\\+["'nrt])[^\s&;'"<>])+))""",
    re.VERBOSE | re.IGNORECASE,
)
"""A field of a query, a database's address, a header or a dictionary, secret by its name."""
_LITERAL = re.compile(r"(?:None|null|true|false|-?\d+(?:\.\d+)?)[]}),]*", re.IGNORECASE)
_SENTENCE = re.compile(r"got|expected")
"""How this project's own errors go on behind the name of a column, file or key."""
_HEADER = re.compile(r"\b(Bearer|Basic)\s+[^\s'\"<>\\]{8,}")
"""An HTTP authorization header."""


def mask_secrets(text: str) -> str:
    """The text without what is secret in it.

    Hidden are the values of environment variables whose names say so, the passwords inside of any
    variable that holds an address, as they are and as URLs, JSON and Python write them, and
    whatever looks like a user name before a host, a secret field, or an authorization header. A
    plain word, a number and the path of a file are hidden only where such a place holds them.
    """
    for secret in sorted(set(_secrets()), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _USER.sub(rf"\1{MASK}@", text)
    text = _FIELD.sub(_without_value, text)
    return _HEADER.sub(rf"\1 {MASK}", text)


def _without_value(found: re.Match[str]) -> str:
    """A secret field's name alone; JSON's and Python's constants and numbers are no secrets."""
    if found["quote"] is not None:
        return f"{found['name']}{found['quote']}{found['kind']}{MASK}"
    if _LITERAL.fullmatch(found["bare"]) or _SENTENCE.fullmatch(found["bare"]):
        return found[0]
    return f"{found['name']}{found['bare_kind']}{MASK}"


def _secrets() -> Iterator[str]:
    for name, value in os.environ.items():
        is_secret = _NAMES.search(name) is not None
        # Path(...).exists() raises where a name is too long
        is_secret = is_secret and not os.path.exists(value)  # noqa: PTH110
        if is_secret or _ADDRESS.match(value):
            yield from _parts(value, is_secret)


@lru_cache(maxsize=256)
def _parts(value: str, is_secret: bool) -> tuple[str, ...]:
    """The secrets in a variable's value, in every spelling."""
    found = [value, *value.splitlines()] if is_secret else []
    found += [field["bare"] for field in _FIELD.finditer(value) if field["bare"]]
    _, _, rest = value.partition("://")
    for end in re.finditer("@", rest):
        user, _, password = rest[: end.start()].partition(":")
        # a library that splits the address at / ? or # tells the rest of the password as a path
        found += [password or user, *re.split("[/?#]", f"{password}@")[1:]]
    if is_secret:
        found.append(rest.partition("/")[2])  # of a webhook
    return tuple(dict.fromkeys(text for secret in found for text in _spellings(secret.strip())))


def _spellings(secret: str) -> Iterator[str]:
    """As it is and without its escapes, and both as a URL, a form, JSON and Python write it."""
    for plain in (secret, unquote(secret)):
        raw = plain.encode("utf-8", "surrogateescape")
        written = (repr(plain), ascii(plain), json.dumps(plain), repr(raw)[1:])
        for text in (plain, quote(raw, safe=""), quote_plus(raw), *(one[1:-1] for one in written)):
            if len(text) >= SHORTEST and not _ORDINARY.fullmatch(text):
                yield text

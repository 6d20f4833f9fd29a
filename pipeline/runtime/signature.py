"""Signs models and verifies their Ed25519 signatures, with keys outside the store.

`PIPELINE_SIGNING_KEY` names the private key's PEM file where models are logged,
`PIPELINE_PUBLIC_KEY` the public one where they are used. Without these nothing is signed, and no
signature is asked for; set and empty, as by a secret that is not there, they are refused. Needs
`cryptography`, which MLflow brings.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError

SIGNING_KEY, PUBLIC_KEY = "PIPELINE_SIGNING_KEY", "PIPELINE_PUBLIC_KEY"
"""Variables that hold the path of a key's PEM file."""


def check_keys() -> None:
    """Open the keys that are named, before anything is made that they are needed for.

    Raises:
        ConfigError: one cannot be used.
    """
    for variable in (SIGNING_KEY, PUBLIC_KEY):
        if (path := os.environ.get(variable)) is not None:
            _key(path, variable)


def sign_content(content: bytes) -> str | None:
    """The signature in base64; None where no key is named.

    Raises:
        ConfigError: the key cannot be used.
    """
    path = os.environ.get(SIGNING_KEY)
    if path is None:
        return None
    key = _key(path, SIGNING_KEY)
    return base64.b64encode(key.sign(content)).decode()


def requires_signature() -> bool:
    """Whether models must be signed to be used."""
    return PUBLIC_KEY in os.environ


def find_signature_fault(content: bytes, file: Path) -> str:
    """What is wrong with the signature in a file; empty if it is that of the key that is named.

    Raises:
        ConfigError: the key cannot be used.
    """
    key = _key(os.environ[PUBLIC_KEY], PUBLIC_KEY)
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(base64.b64decode(file.read_bytes(), validate=True), content)
    except OSError:
        return "no signature"
    except (InvalidSignature, binascii.Error):
        return "a signature of another key, or of another list"
    return ""


def _key(path: str, variable: str) -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as err:
        raise ConfigError(
            f"{variable} is set and cryptography is not installed",
            hint="python -m pip install cryptography",
        ) from err
    if not path:
        raise ConfigError(
            f"{variable}: got an empty value, {_EXPECTED}", hint=f"{_HINT}; or unset it"
        )
    try:
        data = Path(path).read_bytes()
        if variable == SIGNING_KEY:
            key: Any = serialization.load_pem_private_key(data, None)
        else:
            key = serialization.load_pem_public_key(data)
    except Exception as err:  # OSError, ValueError, TypeError, and cryptography's own
        raise ConfigError(f"{variable}: got {path!r} ({err}), {_EXPECTED}", hint=_HINT) from err
    if not isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        raise ConfigError(f"{variable}: got a {type(key).__name__}, {_EXPECTED}", hint=_HINT)
    return key


_EXPECTED = "expected the PEM file of an Ed25519 key without a password"
_HINT = "docs/security.md has the commands that make a pair of keys"

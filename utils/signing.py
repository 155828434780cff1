"""An Ed25519 key in a file of its owner's, and what is signed with it."""

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from pathlib import Path

from core.exceptions import SecurityError

_OWNER_ONLY = 0o600
_OTHERS = 0o077
_KEY_BYTES = 32


class Signer:
    """Signs text and says whether a signature is its own."""

    def __init__(self, secret: bytes) -> None:
        """Args: secret: 32 random bytes."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self._public = self._key.public_key()

    def sign(self, text: str) -> str:
        return b64encode(self._key.sign(text.encode())).decode()

    def verify(self, text: str, signature: str) -> bool:
        """False for anything that this key did not sign, an empty signature included."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._public.verify(b64decode(signature, validate=True), text.encode())
        except (InvalidSignature, NotBase64, ValueError):
            return False
        return True


def file_signer(file: Path) -> Signer:
    """The key in this file; a new one if there is none yet.

    Raises:
        SecurityError: the file cannot be used, holds no key, or others may read it.
    """
    try:
        if not file.exists():
            _write_new(file)
        if os.name == "posix" and file.stat().st_mode & _OTHERS:
            raise SecurityError(f"the key {file} is not used", why="others may read it",
                                remedy=f"Run: chmod 600 '{file}', and think of it as known")
        secret = file.read_bytes()
    except OSError as error:
        raise SecurityError(f"the key {file} cannot be used", why=error.strerror or str(error),
                            remedy="Correct the rights of the folder keys/") from error
    if len(secret) != _KEY_BYTES:
        raise SecurityError(f"the key {file} is not used", why=f"it has {len(secret)} bytes, "
                            f"not {_KEY_BYTES}", remedy="Restore it from a backup of keys/")
    return Signer(secret)


def _write_new(file: Path) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as new:
        new.write(os.urandom(_KEY_BYTES))
        new.flush()
        os.fsync(new.fileno())


def late_signer(file: Path) -> Callable[[str], str]:
    """Signs with the key in a file that is opened, or made, when the first entry is signed."""
    found: list[Signer] = []

    def sign(text: str) -> str:
        if not found:
            found.append(file_signer(file))
        return found[0].sign(text)

    return sign

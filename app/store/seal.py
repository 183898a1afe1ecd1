"""Secrets at rest: sealed with a key that is not in the database."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import Unavailable
from app.store.folder import sync

KEY: Final = 32
FILE: Final = "secret.key"
_VERSION: Final = b"\x01"
_NONCE: Final = 12


class Seal:
    """Seals texts with the first key (AES-256-GCM) and opens what any of the keys has sealed."""

    def __init__(self, *keys: bytes) -> None:
        if not keys or any(len(key) != KEY for key in keys):
            message = f"a seal takes keys of {KEY} bytes, at least one"
            raise ValueError(message)
        self._ciphers = [AESGCM(key) for key in keys]

    def seal(self, text: str, about: bytes) -> bytes:
        """Return a text sealed; only with the same `about`, its owner's id, is it opened again."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[0].encrypt(nonce, text.encode(), _VERSION + about)
        return _VERSION + nonce + sealed

    def open(self, sealed: bytes, about: bytes) -> str:
        """Return what was sealed; raises Unavailable where no key opens it."""
        if sealed[:1] == _VERSION:
            nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
            for cipher in self._ciphers:
                try:
                    return cipher.decrypt(nonce, text, _VERSION + about).decode()
                except (InvalidTag, ValueError):
                    continue
        raise Unavailable(
            zh="密文无法解开: 不是用现有密钥 (YIGUAN_SECRET_KEY 或 secret.key) 加密的, 或已被改动",
            en="a sealed secret does not open: it was sealed with a key that is not among those of "
            "YIGUAN_SECRET_KEY or secret.key, or it was changed",
        )

    def opens(self, sealed: bytes, about: bytes) -> bool:
        """Tell whether any key opens it."""
        try:
            self.open(sealed, about)
        except Unavailable:
            return False
        return True


def keys_of(given: Sequence[bytes], home: Path) -> tuple[bytes, ...]:
    """Return the deployment's keys: those given, else the one in `home`, made if lacking.

    Raises ValueError for a file that holds none.
    """
    if given:
        return tuple(given)
    path = home / FILE
    if not path.exists():
        _make(path)
    try:
        key = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY:
        message = f"{path}: 应为 {KEY} 字节的 base64 / must be the base64 of {KEY} bytes"
        raise ValueError(message)
    return (key,)


def _make(path: Path) -> None:
    """Write a fresh key for its owner alone, whole or not at all; whoever comes first, stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.b64encode(os.urandom(KEY)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
        sync(path.parent)
    except FileExistsError:
        # Another process was faster: its key is everybody's.
        return
    finally:
        Path(name).unlink()

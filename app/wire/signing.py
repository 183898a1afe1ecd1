"""Signing by key pair (ed25519, `v1a`), and the header that several live secrets make."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.domain import signature
from app.domain.errors import Invalid

PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"
_VERSION: Final = "v1a"
_SEED: Final = 32


@dataclass(frozen=True, slots=True)
class Pair:
    """A key pair as people copy it: the secret signs, the public key is the receiver's."""

    secret: str
    public: str


def new_pair() -> Pair:
    """Return a fresh key pair."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    # The reference servers write both halves into the secret.
    secret = PRIVATE + base64.b64encode(key.private_bytes_raw() + public).decode()
    return Pair(secret, PUBLIC + base64.b64encode(public).decode())


def public_of(secret: str) -> str:
    """Return the public key that belongs to a secret one; raises Invalid."""
    public = _private(secret).public_key().public_bytes_raw()
    return PUBLIC + base64.b64encode(public).decode()


@lru_cache(maxsize=1024)
def _private(secret: str) -> Ed25519PrivateKey:
    raw = signature.decoded(secret, PRIVATE)
    if raw is not None and len(raw) in {_SEED, 2 * _SEED}:
        key = Ed25519PrivateKey.from_private_bytes(raw[:_SEED])
        if raw[_SEED:] in {b"", key.public_key().public_bytes_raw()}:
            return key
    raise Invalid(
        zh=f"私钥应为 {PRIVATE} 加 64 字节的 base64 (私钥与公钥)",
        en=f"a secret key is {PRIVATE} and the base64 of 64 bytes, its public half behind it",
        field="secret",
    )


def _public(key: str) -> Ed25519PublicKey:
    raw = signature.decoded(key, PUBLIC)
    if raw is None or len(raw) != _SEED:
        raise Invalid(
            zh=f"公钥应为 {PUBLIC} 加 32 字节的 base64",
            en=f"a public key is {PUBLIC} and the base64 of 32 bytes",
            field="key",
        )
    return Ed25519PublicKey.from_public_bytes(raw)


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    """Return the signature by a secret of either kind: `v1,…` or `v1a,…`."""
    if not secret.startswith(PRIVATE):
        return signature.signed(secret, message_id, at, body)
    made = _private(secret).sign(signature.content(message_id, at, body))
    return f"{_VERSION},{base64.b64encode(made).decode()}"


def header(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> str:
    """Return the whole `webhook-signature`: while secrets overlap, one of each."""
    return " ".join(signed(secret, message_id, at, body) for secret in secrets)


def verify(
    keys: Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: float = signature.TOLERANCE,
) -> None:
    """Raise Invalid unless one of the keys (`whsec_` or `whpk_`) signed the body, and lately."""
    known = list(keys)
    shared = [key for key in known if not key.startswith(PUBLIC)]
    public = [_public(key) for key in known if key.startswith(PUBLIC)]
    message = signature.read(headers, body, now, tolerance)
    if any(_fits(key, message) for key in public):
        return
    signature.verify(shared, headers, body, now, tolerance)


def _fits(key: Ed25519PublicKey, message: signature.Signed) -> bool:
    for version, found in message.signatures:
        if version == _VERSION:
            try:
                key.verify(found, message.content)
            except InvalidSignature:
                continue
            return True
    return False

"""Webhooks: whether a message is the service's own, by Standard Webhooks 1.0.0."""

import base64
import hmac
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

try:
    from yiguan_client import ed25519
except ImportError:
    ed25519 = None  # type: ignore[assignment]

TOLERANCE: Final = 300.0
"""Seconds that the sender's clock may differ from ours: what is older may be a replay."""
_KINDS: Final = frozenset({"whsec", "whpk"})
_DIGITS: Final = 11
"""Of a moment in seconds: what is longer no clock has written."""


class NotGenuine(Exception):
    """Nobody who holds the secret has sent this, or not lately (签名不符或已过时)."""


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[str] | str,
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE,
) -> Any:
    """Return the message, read from JSON, if a secret's or a key's owner signed just these bytes.

    `secrets` are `whsec_…`, or public keys `whpk_…`, for which the extra `ed25519` is installed;
    while a secret is rotated give both. Raises NotGenuine.
    """
    known = [secrets] if isinstance(secrets, str) else list(secrets)
    named = {name.lower(): value for name, value in headers.items()}
    sent, signature = named.get("webhook-timestamp", ""), named.get("webhook-signature", "")
    is_moment = sent.isascii() and sent.isdigit() and len(sent) <= _DIGITS
    if not (named.get("webhook-id") and signature and is_moment):
        raise NotGenuine("缺少 webhook-id、-timestamp 或 -signature / a header is lacking")
    if abs((time.time() if now is None else now) - int(sent)) > tolerance:
        raise NotGenuine("消息时间与本机相差过大 / too old: a replay, or the clocks differ")
    content = b".".join((named["webhook-id"].encode(), sent.encode(), body))
    if not any(_signed(content, signature, secret) for secret in known):
        raise NotGenuine("签名不符 / no signature fits")
    return json.loads(body)


def _signed(content: bytes, header: str, secret: str) -> bool:
    kind, _, text = secret.partition("_")
    key = base64.b64decode(text)
    if kind in _KINDS and not key:
        raise ValueError("密钥为空 / the key is empty: anybody could sign with it")
    if kind == "whsec":
        made = hmac.digest(key, content, "sha256")
        return any(hmac.compare_digest(made, one) for one in _found(header, "v1"))
    if kind == "whpk":
        if ed25519 is None:
            raise RuntimeError("pip install 'yiguan-client[ed25519]'")
        return any(ed25519.fits(key, one, content) for one in _found(header, "v1a"))
    raise ValueError("密钥应为 whsec_… 或 whpk_… / a key is whsec_… or whpk_…")


def _found(header: str, version: str) -> Iterator[bytes]:
    """Return the signatures of one kind; what cannot be read fits nothing."""
    for one in header.split():
        kind, _, text = one.partition(",")
        if kind == version:
            try:
                yield base64.b64decode(text, validate=True)
            except ValueError:
                continue

"""Signing by a shared secret, as Standard Webhooks 1.0.0 has it (HMAC-SHA256, `v1`)."""

import base64
import hmac
import secrets as chance
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.errors import Invalid

PREFIX: Final = "whsec_"
SIZE: Final = 32
SHORTEST, LONGEST = 24, 64
"""Bytes a secret may have."""
TOLERANCE: Final = 300.0
"""Seconds a message may be older or younger than the receiver's clock."""
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_VERSION: Final = "v1"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a message's headers say, its moment checked and its signatures not yet."""

    content: bytes
    signatures: tuple[tuple[str, bytes], ...]
    """Version and signature, one for each live secret of the sender."""


def new_secret(size: int = SIZE, *, random: Callable[[int], bytes] = chance.token_bytes) -> str:
    """Return a fresh secret of `size` bytes, as people copy it."""
    return PREFIX + base64.b64encode(random(size)).decode()


def key_of(secret: str) -> bytes:
    """Return a secret's bytes; raises Invalid, never repeating the secret."""
    key = decoded(secret, PREFIX)
    if key is None or not SHORTEST <= len(key) <= LONGEST:
        raise Invalid(
            zh=f"签名密钥应为 {PREFIX} 加 {SHORTEST} 至 {LONGEST} 字节的 base64",
            en=f"a secret is {PREFIX} and the base64 of {SHORTEST} to {LONGEST} bytes",
            field="secret",
        )
    return key


def decoded(text: str, prefix: str) -> bytes | None:
    """Return the bytes of a key written as `prefix` and base64, or None if it is not."""
    if not text.startswith(prefix):
        return None
    try:
        return base64.b64decode(text.removeprefix(prefix), validate=True)
    except ValueError:
        return None


def content(message_id: str, at: datetime, body: bytes) -> bytes:
    """Return what is signed; raises Invalid for an id in which the parts could not be told."""
    if not message_id or "." in message_id or not message_id.isascii():
        raise Invalid(
            zh="消息编号不能为空, 不能含点号和非 ASCII 字符",
            en="a message's id has ASCII letters, at least one, and no full stop",
            field=ID,
        )
    return b"%s.%d.%s" % (message_id.encode(), int(at.timestamp()), body)


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    """Return the signature of a body sent at `at`: `v1,…`."""
    return f"{_VERSION},{base64.b64encode(_mac(secret, content(message_id, at, body))).decode()}"


def _mac(secret: str, message: bytes) -> bytes:
    return hmac.digest(key_of(secret), message, "sha256")


def verify(
    secrets: Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: float = TOLERANCE,
) -> None:
    """Raise Invalid unless one of the secrets signed the body, and lately."""
    message = read(headers, body, now, tolerance)
    found = [signature for version, signature in message.signatures if version == _VERSION]
    macs = [_mac(secret, message.content) for secret in secrets]
    # All are compared, so that the time taken tells nothing.
    if not sum(hmac.compare_digest(mac, signature) for mac in macs for signature in found):
        raise unsigned()


def unsigned() -> Invalid:
    """Return the refusal of a message that no known key signed."""
    return Invalid(
        zh="签名不符: 密钥不对, 或内容已被改动",
        en="no signature fits: another secret, or the body was changed",
        field=SIGNATURE,
    )


def read(
    headers: Mapping[str, str], body: bytes, now: datetime, tolerance: float = TOLERANCE
) -> Signed:
    """Read the headers of a message; raises Invalid for one lacking, unreadable or out of time."""
    named = {name.lower(): value for name, value in headers.items()}
    for name in (ID, TIMESTAMP, SIGNATURE):
        if not named.get(name):
            raise Invalid(zh=f"缺少请求头 {name}", en=f"the header {name} is lacking", field=name)
    at = _moment(named[TIMESTAMP], now, tolerance)
    return Signed(content(named[ID], at, body), tuple(_signatures(named[SIGNATURE])))


def _moment(text: str, now: datetime, tolerance: float) -> datetime:
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise Invalid(
            zh=f"{TIMESTAMP} 应为 Unix 秒数", en=f"{TIMESTAMP} is seconds of Unix", field=TIMESTAMP
        )
    at = datetime.fromtimestamp(int(text), now.tzinfo)
    if abs((now - at).total_seconds()) > tolerance:
        raise Invalid(
            zh=f"消息时间与本机相差超过 {tolerance:.0f} 秒, 可能是重放, 或时钟不准",
            en=f"over {tolerance:.0f} s from this clock: a replay, or the clocks differ",
            field=TIMESTAMP,
        )
    return at


def _signatures(header: str) -> Iterable[tuple[str, bytes]]:
    for one in header.split():
        version, _, text = one.partition(",")
        try:
            yield version, base64.b64decode(text, validate=True)
        except ValueError:
            # One that cannot be read fits nothing; another may.
            continue

"""Everything that differs between deployments, as one frozen object."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Final

DATABASE: Final = "yiguan"
WEBHOOK_PORTS: Final = (80, 443, 8080, 8443)
_PORT: Final = 65535
_KEY: Final = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment runs.

    `database_url` None: the embedded PostgreSQL under `home`.
    """

    home: Path
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    pool_size: int = 10
    queue_size: int = 4000
    """How many reports may wait to be written before new ones are turned away."""
    feed_retention_days: int = 30
    """How far behind a reader of the feed may fall before its cursor is refused."""
    log_level: str = "info"
    attachments: Path | None = None
    """Where attachments lie; None: under `home`."""
    secret_key: tuple[bytes, ...] = field(default=(), repr=False)
    """What stored secrets are sealed with: the first seals, all open; none: `home` has one."""
    webhook_allow: tuple[str, ...] = ()
    """Networks that are not the public internet's and may be called all the same."""
    webhook_ports: frozenset[int] = frozenset(WEBHOOK_PORTS)
    attempt_retention_days: int = 30
    """For how long attempts and dead letters of webhooks are kept."""
    webhook_ca: Path | None = None
    """A file of certificate authorities that are trusted besides the system's."""

    @property
    def folder(self) -> Path:
        """Where attachments lie."""
        return self.attachments or self.home / "attachments"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables; raises ValueError naming a bad one."""
        attachments = environment.get("YIGUAN_ATTACHMENTS")
        ca = environment.get("YIGUAN_WEBHOOK_CA")
        return cls(
            home=Path(environment.get("YIGUAN_HOME") or ".yiguan").absolute(),
            database_url=environment.get("YIGUAN_DATABASE_URL") or None,
            host=environment.get("YIGUAN_HOST") or "127.0.0.1",
            port=_number(environment, "YIGUAN_PORT", 8000, _PORT),
            pool_size=_number(environment, "YIGUAN_POOL_SIZE", 10),
            queue_size=_number(environment, "YIGUAN_QUEUE_SIZE", 4000),
            feed_retention_days=_number(environment, "YIGUAN_FEED_RETENTION_DAYS", 30),
            log_level=environment.get("YIGUAN_LOG_LEVEL") or "info",
            attachments=Path(attachments).absolute() if attachments else None,
            secret_key=tuple(_key(text) for text in _parts(environment, "YIGUAN_SECRET_KEY")),
            webhook_allow=tuple(map(_network, _parts(environment, "YIGUAN_WEBHOOK_ALLOW"))),
            webhook_ports=frozenset(
                _whole("YIGUAN_WEBHOOK_PORTS", text, _PORT)
                for text in _parts(environment, "YIGUAN_WEBHOOK_PORTS")
            )
            or frozenset(WEBHOOK_PORTS),
            attempt_retention_days=_number(environment, "YIGUAN_ATTEMPT_RETENTION_DAYS", 30),
            webhook_ca=Path(ca).absolute() if ca else None,
        )

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings of this process."""
        return cls.of(os.environ)


def _number(environment: Mapping[str, str], name: str, default: int, most: int = 1_000_000) -> int:
    text = environment.get(name)
    return _whole(name, text, most) if text else default


def _whole(name: str, text: str, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number <= most:
        message = f"{name}={text!r}: 应为 1 到 {most} 的整数 / must be a whole number up to {most}"
        raise ValueError(message)
    return number


def _parts(environment: Mapping[str, str], name: str) -> list[str]:
    """Return what stands between the commas."""
    return [part for one in environment.get(name, "").split(",") if (part := one.strip())]


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        message = (
            f"YIGUAN_WEBHOOK_ALLOW: {text!r} 不是网段, 如 10.0.0.0/8 "
            "/ is no network, as 10.0.0.0/8 is one"
        )
        raise ValueError(message) from error


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY:
        # The value is left out: messages end in logs.
        message = (
            f"YIGUAN_SECRET_KEY: 每个密钥应为 {_KEY} 字节的 base64 (openssl rand -base64 {_KEY}) "
            f"/ each key is the base64 of {_KEY} bytes"
        )
        raise ValueError(message)
    return key

"""Everything that differs between deployments, as one frozen object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATABASE: Final = "yiguan"


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
    log_level: str = "info"
    attachments: Path | None = None
    """Where attachments lie; None: under `home`."""

    @property
    def folder(self) -> Path:
        """Where attachments lie."""
        return self.attachments or self.home / "attachments"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables; raises ValueError naming a bad one."""
        attachments = environment.get("YIGUAN_ATTACHMENTS")
        return cls(
            home=Path(environment.get("YIGUAN_HOME") or ".yiguan").absolute(),
            database_url=environment.get("YIGUAN_DATABASE_URL") or None,
            host=environment.get("YIGUAN_HOST") or "127.0.0.1",
            port=_number(environment, "YIGUAN_PORT", 8000, 65535),
            pool_size=_number(environment, "YIGUAN_POOL_SIZE", 10),
            queue_size=_number(environment, "YIGUAN_QUEUE_SIZE", 4000),
            log_level=environment.get("YIGUAN_LOG_LEVEL") or "info",
            attachments=Path(attachments).absolute() if attachments else None,
        )

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings of this process."""
        return cls.of(os.environ)


def _number(environment: Mapping[str, str], name: str, default: int, most: int = 1_000_000) -> int:
    text = environment.get(name)
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number <= most:
        message = f"{name}={text!r}: 应为 1 到 {most} 的整数 / must be a whole number up to {most}"
        raise ValueError(message)
    return number

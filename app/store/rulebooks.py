"""Rulebook versions and the parts they are made of; both are written once."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import asyncpg

from app.domain.rulebook import Part
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Edition:
    """One published version: which version of each part, and since when it is in force.

    `base` is the version it changed. A withdrawn version never was in force.
    """

    version: int
    parts: Mapping[Part, int]
    published_at: datetime
    published_by: str
    in_force_at: datetime
    base: int | None = None
    note: str = ""
    withdrawn_at: datetime | None = None


_SELECT = """
SELECT version, areas, organisations, list, calendar, policies, roster,
       published_at, published_by, in_force_at, base, note, withdrawn_at
FROM rulebook
"""


async def latest(tx: Tx) -> Edition | None:
    """Return the newest edition, in force or not."""
    row = await tx.first(f"{_SELECT} ORDER BY version DESC LIMIT 1")
    return _edition(row) if row else None


async def edition(tx: Tx, version: int) -> Edition | None:
    """Return one edition."""
    row = await tx.first(f"{_SELECT} WHERE version = $1", version)
    return _edition(row) if row else None


async def in_force(tx: Tx, *, now: datetime) -> int | None:
    """Return the version in force at a moment."""
    found: int | None = await tx.value(
        "SELECT max(version) FROM rulebook WHERE in_force_at <= $1", now
    )
    return found


async def since(tx: Tx, version: int) -> list[Edition]:
    """Return the editions after a version, the oldest first."""
    rows = await tx.fetch(f"{_SELECT} WHERE version > $1 ORDER BY version LIMIT 100", version)
    return [_edition(row) for row in rows]


async def lock(tx: Tx) -> None:
    """Make publications wait for one another."""
    await tx.execute("SELECT pg_advisory_xact_lock(7364)")


async def put(tx: Tx, edition: Edition) -> None:
    """Write a new edition."""
    await tx.execute(
        """
        INSERT INTO rulebook (version, areas, organisations, list, calendar, policies, roster,
                              published_at, published_by, in_force_at, base, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        edition.version,
        *(edition.parts.get(part) for part in Part),
        edition.published_at,
        edition.published_by,
        edition.in_force_at,
        edition.base,
        edition.note,
    )


async def put_part(tx: Tx, part: Part, content: bytes, *, at: datetime, by: str) -> int:
    """Write a part's content and return its version; the same content again is the same one."""
    checksum = sha256(content).digest()
    known: int | None = await tx.value(
        "SELECT version FROM part WHERE name = $1 AND checksum = $2", part, checksum
    )
    if known is not None:
        return known
    version: int = await tx.value(
        """
        INSERT INTO part (name, version, checksum, content, published_at, published_by)
        SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM part WHERE name = $1
        RETURNING version
        """,
        part,
        checksum,
        zlib.compress(content, 6),
        at,
        by,
    )
    return version


async def part_content(tx: Tx, part: Part, version: int) -> bytes:
    """Return a part's content as it was published.

    Raises LookupError for a version that was never published, ValueError for content that
    no longer matches its checksum.
    """
    row = await tx.first(
        "SELECT content, checksum FROM part WHERE name = $1 AND version = $2", part, version
    )
    if row is None:
        raise LookupError(part, version)
    content = zlib.decompress(row["content"])
    if sha256(content).digest() != row["checksum"]:
        message = f"part {part} version {version} does not match its checksum"
        raise ValueError(message)
    return content


def _edition(row: asyncpg.Record) -> Edition:
    return Edition(
        version=row["version"],
        parts={part: row[part] for part in Part if row[part] is not None},
        published_at=row["published_at"],
        published_by=row["published_by"],
        in_force_at=row["in_force_at"],
        base=row["base"],
        note=row["note"],
        withdrawn_at=row["withdrawn_at"],
    )

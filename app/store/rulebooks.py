"""Rulebook versions and the parts they are made of: written once.

Only a version that has not come into force can be withdrawn; that is the one change there is.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import asyncpg

from app.domain.rulebook import Part
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Edition:
    """One published version: which version of each part, and from when on it is in force.

    `base` is the version it changed, `changed` are the parts it was published to change. A
    withdrawn version never was in force. Of several with the same moment the newest counts.
    """

    version: int
    parts: Mapping[Part, int]
    published_at: datetime
    published_by: str
    in_force_at: datetime
    base: int | None = None
    changed: Sequence[Part] = ()
    note: str = ""
    withdrawn_at: datetime | None = None


_SELECT = """
SELECT version, areas, organisations, list, calendar, policies, roster,
       published_at, published_by, in_force_at, base, changed, note, withdrawn_at
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


IN_FORCE: Final = """
SELECT version FROM rulebook WHERE withdrawn_at IS NULL AND in_force_at <= $1
ORDER BY in_force_at DESC, version DESC LIMIT 1
"""
"""The version in force at $1; every write of events asks it in the same breath."""


async def in_force(tx: Tx, *, now: datetime) -> int | None:
    """Return the version in force at a moment."""
    found: int | None = await tx.value(IN_FORCE, now)
    return found


async def live(tx: Tx, *, since: datetime) -> list[Edition]:
    """Return the editions that are in force at a moment or come into force later, in turn."""
    rows = await tx.fetch(
        f"""{_SELECT}
        WHERE withdrawn_at IS NULL AND in_force_at >= coalesce(
            (SELECT max(in_force_at) FROM rulebook
             WHERE withdrawn_at IS NULL AND in_force_at <= $1), '-infinity')
        ORDER BY in_force_at, version""",
        since,
    )
    return [_edition(row) for row in rows]


async def page(tx: Tx, *, before: int | None, limit: int) -> list[Edition]:
    """Return editions, the newest first, those before a version if one is given."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE $1::integer IS NULL OR version < $1 ORDER BY version DESC LIMIT $2",
        before,
        limit,
    )
    return [_edition(row) for row in rows]


_LOCK: Final = """
SET LOCAL idle_in_transaction_session_timeout = '60s';
SELECT pg_advisory_xact_lock(7364)
"""


async def lock(tx: Tx) -> None:
    """Make publications wait for one another.

    To see that a whole city fits together takes seconds, on a busy machine many of them: whoever
    publishes is not taken for one who has forgotten the transaction.
    """
    await tx.execute(_LOCK)


async def seconds_open(tx: Tx) -> float:
    """Return for how long the transaction has been open."""
    return float(
        await tx.value("SELECT extract(epoch FROM clock_timestamp() - transaction_timestamp())")
    )


async def put(tx: Tx, edition: Edition) -> None:
    """Write a new edition."""
    await tx.execute(
        """
        INSERT INTO rulebook (version, areas, organisations, list, calendar, policies, roster,
                              published_at, published_by, in_force_at, base, changed, note, epoch)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
                coalesce((SELECT epoch FROM feed_epoch), 0))
        """,
        edition.version,
        *(edition.parts.get(part) for part in Part),
        edition.published_at,
        edition.published_by,
        edition.in_force_at,
        edition.base,
        list(edition.changed),
        edition.note,
    )


async def withdraw(tx: Tx, version: int, *, at: datetime) -> None:
    """Mark an edition that is to come into force as one that never will."""
    await tx.execute(
        "UPDATE rulebook SET withdrawn_at = $2 WHERE version = $1 AND withdrawn_at IS NULL",
        version,
        at,
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


@dataclass(frozen=True, slots=True)
class Reign:
    """From when on a version of one part was in force."""

    since: datetime
    part: int


async def reigns(tx: Tx, part: Part) -> list[Reign]:
    """Return when each version of a part came into force, in turn."""
    rows = await tx.fetch(
        f"""
        SELECT in_force_at, {part} AS part FROM rulebook
        WHERE withdrawn_at IS NULL AND {part} IS NOT NULL ORDER BY in_force_at, version
        """
    )
    return [Reign(row["in_force_at"], row["part"]) for row in rows]


async def part_contents(tx: Tx, part: Part, versions: Collection[int]) -> dict[int, bytes]:
    """Return the content of several versions of a part."""
    if not versions:
        return {}
    rows = await tx.fetch(
        "SELECT version, content FROM part WHERE name = $1 AND version = ANY($2)",
        part,
        list(versions),
    )
    return {row["version"]: zlib.decompress(row["content"]) for row in rows}


async def checksums(tx: Tx, parts: Collection[tuple[Part, int]]) -> dict[tuple[Part, int], str]:
    """Return the SHA-256 of each of these parts' content."""
    rows = await tx.fetch(
        """
        SELECT name, version, checksum
        FROM part JOIN unnest($1::text[], $2::integer[]) AS x(name, version) USING (name, version)
        """,
        [part for part, _ in parts],
        [version for _, version in parts],
    )
    return {(Part(row["name"]), row["version"]): row["checksum"].hex() for row in rows}


def _edition(row: asyncpg.Record) -> Edition:
    return Edition(
        version=row["version"],
        parts={part: row[part] for part in Part if row[part] is not None},
        published_at=row["published_at"],
        published_by=row["published_by"],
        in_force_at=row["in_force_at"],
        base=row["base"],
        changed=tuple(map(Part, row["changed"])),
        note=row["note"],
        withdrawn_at=row["withdrawn_at"],
    )

"""Attachments: a row for each upload; of equal contents the folder holds one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.domain.event import AccountId, EventId
from app.domain.evidence import AttachmentId, Exhibit, FileType, Phase
from app.domain.organisation import OrganisationCode
from app.domain.unit import UnitId
from app.store.columns import Column, Columns
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Attachment:
    """An upload, and where it belongs once it is attached; of a report's, `event` as well."""

    id: AttachmentId
    sha256: bytes
    size: int
    type: FileType
    name: str
    account: AccountId
    organisation: OrganisationCode
    created_at: datetime
    unit: UnitId | None = None
    event: EventId | None = None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An upload that somebody wants attached; it must be theirs or their organisation's."""

    exhibit: Exhibit
    unit: UnitId
    home: str
    event: EventId | None
    account: AccountId
    organisation: OrganisationCode


_COLUMNS: Final = "id, sha256, size, type, name, account, organisation, created_at"
_SELECT: Final = f"SELECT {_COLUMNS}, unit, event, phase FROM attachment"
_CLAIMS: Final = Columns[Claim](
    (
        Column("id", "uuid", lambda claim: claim.exhibit.id),
        Column("phase", "text", lambda claim: claim.exhibit.phase),
        Column("unit", "uuid", lambda claim: claim.unit),
        Column("home", "text", lambda claim: claim.home),
        Column("event", "uuid", lambda claim: claim.event),
        Column("account", "uuid", lambda claim: claim.account),
        Column("organisation", "text", lambda claim: claim.organisation),
    )
)
_ATTACH: Final = f"""
UPDATE attachment AS a SET unit = x.unit, home = x.home, event = x.event, phase = x.phase
FROM {_CLAIMS.source()}
WHERE a.id = x.id AND a.unit IS NULL
  AND (a.account = x.account OR a.organisation = x.organisation)
RETURNING a.id
"""


async def put(tx: Tx, new: Attachment) -> None:
    """Write an upload whose content is in the folder."""
    await tx.execute(
        f"INSERT INTO attachment ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.sha256,
        new.size,
        new.type,
        new.name,
        new.account,
        new.organisation,
        new.created_at,
    )


async def attach(tx: Tx, claims: Sequence[Claim]) -> set[UUID]:
    """Attach what may be attached and is not yet; returns the ids of those."""
    return {row["id"] for row in await tx.fetch(_ATTACH, *_CLAIMS.arrays(claims))}


async def read(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Attachment]:
    """Return the attachments of these ids that exist."""
    rows = await tx.fetch(f"{_SELECT} WHERE id = ANY($1)", list(ids))
    return {row["id"]: _attachment(row) for row in rows}


async def of_unit(tx: Tx, unit: UUID, root: UUID) -> list[Attachment]:
    """Return what is attached to a unit and to the report it came from, the oldest first."""
    rows = await tx.fetch(
        f"""{_SELECT}
        WHERE unit = ANY($1) AND (unit = $2 OR event IS NOT NULL) ORDER BY created_at, id""",
        [unit, root],
        unit,
    )
    return [_attachment(row) for row in rows]


async def digests(tx: Tx, *, limit: int | None = None) -> set[bytes]:
    """Return the contents that must be in the folder: of all uploads, or of the last ones."""
    rows = await tx.fetch("SELECT sha256 FROM attachment ORDER BY created_at DESC LIMIT $1", limit)
    return {row["sha256"] for row in rows}


def _attachment(row: asyncpg.Record) -> Attachment:
    values = dict(row)
    phase = values["phase"]
    return Attachment(
        **{
            **values,
            "type": FileType(values["type"]),
            "phase": Phase(phase) if phase else None,
        }
    )

"""Versions and drafts as people look at them: what state they are in, and by what to know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from app.domain.rulebook import Part
from app.domain.words import Words
from app.flows import drafts
from app.store import drafts as draft_store
from app.store import rulebooks
from app.store.database import Tx
from app.store.drafts import Draft
from app.store.rulebooks import Edition


class VersionState(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    """草稿"""
    SCHEDULED = "scheduled"
    """预定"""
    IN_FORCE = "in_force"
    """现行"""
    PAST = "past"
    """历史"""
    WITHDRAWN = "withdrawn"
    """已撤回"""


VERSION_STATE: Final[Words] = {
    VersionState.DRAFT: ("草稿", "draft"),
    VersionState.SCHEDULED: ("预定", "scheduled"),
    VersionState.IN_FORCE: ("现行", "in force"),
    VersionState.PAST: ("历史", "past"),
    VersionState.WITHDRAWN: ("已撤回", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """A version (17) or a draft (d3) with its parts and the SHA-256 of each one's content."""

    name: str
    state: VersionState
    parts: Mapping[Part, int]
    checksums: Mapping[Part, str]
    made_at: datetime
    made_by: str
    note: str
    in_force_at: datetime | None = None
    base: int | None = None
    changed: Sequence[Part] = ()
    withdrawn_at: datetime | None = None

    @property
    def checksum(self) -> str:
        """The SHA-256 of the whole: of its parts' names and checksums, a line each."""
        lines = (f"{part} {self.checksums[part]}\n" for part in Part if part in self.parts)
        return sha256("".join(lines).encode()).hexdigest()


async def page(tx: Tx, *, before: int | None, limit: int, now: datetime) -> list[Version]:
    """Return versions, the newest first, those before a number if one is given."""
    return await _versions(tx, await rulebooks.page(tx, before=before, limit=limit), now)


async def scheduled(tx: Tx, *, now: datetime) -> list[Version]:
    """Return what is to come into force, the next first."""
    line = await rulebooks.live(tx, since=now)
    return await _versions(tx, [one for one in line if one.in_force_at > now], now)


async def page_of_drafts(tx: Tx, *, before: int | None, limit: int) -> list[Version]:
    """Return drafts, the newest first, those before a number if one is given."""
    return await _drafts(tx, await draft_store.page(tx, before=before, limit=limit))


async def find(tx: Tx, name: str, *, now: datetime) -> Version:
    """Return what a name stands for: `current`, a version such as 17, or a draft such as d3.

    Raises NotFound.
    """
    number = int(name) if drafts.is_version(name) else None
    if name == drafts.CURRENT:
        number = await rulebooks.in_force(tx, now=now)
    edition = await rulebooks.edition(tx, number) if number else None
    if edition is not None:
        return (await _versions(tx, [edition], now))[0]
    return (await _drafts(tx, [await drafts.find(tx, name)]))[0]


async def of_draft(tx: Tx, draft: Draft) -> Version:
    """Return how a draft is looked at."""
    return (await _drafts(tx, [draft]))[0]


async def of_edition(tx: Tx, edition: Edition, *, now: datetime) -> Version:
    """Return how an edition is looked at."""
    return (await _versions(tx, [edition], now))[0]


async def _versions(tx: Tx, editions: Sequence[Edition], now: datetime) -> list[Version]:
    present = await rulebooks.in_force(tx, now=now)
    known = await _checksums(tx, [edition.parts for edition in editions])
    return [
        Version(
            name=str(edition.version),
            state=_state(edition, present, now),
            parts=edition.parts,
            checksums={part: known[part, number] for part, number in edition.parts.items()},
            made_at=edition.published_at,
            made_by=edition.published_by,
            note=edition.note,
            in_force_at=edition.in_force_at,
            base=edition.base,
            changed=edition.changed,
            withdrawn_at=edition.withdrawn_at,
        )
        for edition in editions
    ]


async def _drafts(tx: Tx, found: Sequence[Draft]) -> list[Version]:
    known = await _checksums(tx, [draft.parts for draft in found])
    return [
        Version(
            name=draft.name,
            state=VersionState.DRAFT,
            parts=draft.parts,
            checksums={part: known[part, number] for part, number in draft.parts.items()},
            made_at=draft.created_at,
            made_by=draft.created_by,
            note=draft.note,
            changed=tuple(draft.parts),
        )
        for draft in found
    ]


async def _checksums(tx: Tx, parts: Sequence[Mapping[Part, int]]) -> Mapping[tuple[Part, int], str]:
    return await rulebooks.checksums(tx, {one for each in parts for one in each.items()})


def _state(edition: Edition, present: int | None, now: datetime) -> VersionState:
    if edition.withdrawn_at is not None:
        return VersionState.WITHDRAWN
    if edition.in_force_at > now:
        return VersionState.SCHEDULED
    return VersionState.IN_FORCE if edition.version == present else VersionState.PAST

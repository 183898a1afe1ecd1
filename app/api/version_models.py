"""Versions, drafts and re-judging as they go over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api import render
from app.api.models import Clean, Moment, Named, Strict, Words
from app.domain.area import Tier
from app.domain.lifecycle import UNTOUCHED
from app.domain.responsibility import Kind, Urgency
from app.domain.rulebook import Part, Rulebook
from app.domain.unit import State, Unit
from app.flows.rejudge import BATCH, Change, Skip, Turn
from app.flows.versions import Version, VersionState

Note = Annotated[Clean, StringConstraints(max_length=300)]


class PartOut(BaseModel):
    """One part as it was written, once; `checksum` is the SHA-256 of its content."""

    part: Part
    version: int
    checksum: str


class VersionOut(BaseModel):
    """A version, or a draft of the parts that would change.

    `base` is the version it changed and `changed` what of it; `checksum` is the SHA-256 over
    the parts' checksums.
    """

    name: str
    state: VersionState
    note: str
    base: int | None
    changed: list[Part]
    made_at: datetime
    made_by: str
    in_force_at: datetime | None
    withdrawn_at: datetime | None
    checksum: str
    parts: list[PartOut]

    @classmethod
    def of(cls, version: Version) -> "VersionOut":
        """Render a version."""
        return cls(
            name=version.name,
            state=version.state,
            note=version.note,
            base=version.base,
            changed=list(version.changed),
            made_at=version.made_at,
            made_by=version.made_by,
            in_force_at=version.in_force_at,
            withdrawn_at=version.withdrawn_at,
            checksum=version.checksum,
            parts=[
                PartOut(part=part, version=number, checksum=version.checksums[part])
                for part, number in version.parts.items()
            ],
        )


class VersionPage(BaseModel):
    """A page of versions or drafts, the newest first."""

    items: list[VersionOut]
    next: str | None = None


class PublishIn(Strict):
    """From when on, and why; without `at` as soon as every process can know."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"at": "2026-12-01T00:00:00+08:00", "note": "年度修订"}]}
    )

    at: Moment | None = None
    note: Note = ""


class RollBackIn(Strict):
    """Why, and which parts; without `parts` all but the duty rosters."""

    note: Note = ""
    parts: list[Part] = Field(default_factory=list)


class RejudgeIn(Strict):
    """Whether only to look, which states, and which page of the units."""

    preview: bool = True
    states: list[State] = Field(default_factory=lambda: list(UNTOUCHED), min_length=1)
    reason: Words = ""
    after: UUID | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=BATCH, ge=1, le=BATCH)


class FactsOut(BaseModel):
    """What a judgement decides of a unit."""

    rulebook: int
    state: State
    entry: str | None
    kind: Kind
    urgency: Urgency
    level: Tier | None
    holder: Named
    due_at: datetime | None

    @classmethod
    def of(cls, unit: Unit, rulebook: Rulebook) -> "FactsOut":
        """Render what was decided of a unit."""
        return cls(
            rulebook=unit.rulebook,
            state=unit.state,
            entry=unit.entry,
            kind=unit.kind,
            urgency=unit.urgency,
            level=unit.level,
            holder=Named(code=unit.holder, name=render.organisation(unit.holder, rulebook).name),
            due_at=unit.due_at,
        )


class RejudgedOut(BaseModel):
    """A unit before and after; `tasks` is how many tasks it brings."""

    unit: UUID
    number: str
    title: str
    before: FactsOut
    after: FactsOut
    tasks: int

    @classmethod
    def of(cls, change: Change, rulebook: Rulebook) -> "RejudgedOut":
        """Render a change."""
        return cls(
            unit=change.before.id,
            number=change.before.number,
            title=change.before.title,
            before=FactsOut.of(change.before, rulebook),
            after=FactsOut.of(change.filed.unit, rulebook),
            tasks=len(change.tasks),
        )


class SkippedOut(BaseModel):
    """A unit that is left as it is, and why."""

    unit: UUID
    number: str
    why: Skip


class LeftOut(BaseModel):
    """Open units that are never judged again: tasks, and roots somebody has begun to work on."""

    tasks: int
    begun: int


class RejudgeOut(BaseModel):
    """One page of what would change, or has; `next` is null after the last unit."""

    rulebook: int
    preview: bool
    looked: int
    unchanged: int
    changes: list[RejudgedOut]
    skipped: list[SkippedOut]
    left: LeftOut | None
    next: UUID | None

    @classmethod
    def of(
        cls, turn: Turn, rulebook: Rulebook, *, preview: bool, left: tuple[int, int] | None
    ) -> "RejudgeOut":
        """Render a page."""
        return cls(
            rulebook=rulebook.version,
            preview=preview,
            looked=turn.looked,
            unchanged=turn.unchanged,
            changes=[RejudgedOut.of(change, rulebook) for change in turn.changes],
            skipped=[
                SkippedOut(unit=unit.id, number=unit.number, why=why)
                for why, skipped in turn.skipped.items()
                for unit in skipped
            ],
            left=LeftOut(tasks=left[0], begun=left[1]) if left else None,
            next=turn.next,
        )

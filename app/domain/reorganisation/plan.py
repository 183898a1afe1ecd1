"""A plan: what begins, moves and ends on a day; `key` is where the plan's file says so."""

from dataclasses import dataclass, field
from datetime import date

from app.domain.area import Area, AreaCode
from app.domain.errors import BadSheet
from app.domain.organisation import Function, OrganisationCode, OrganisationKind


@dataclass(frozen=True, slots=True)
class Begin:
    """A new area (新设); `like` is the one whose bodies it gets, under its own code and name."""

    area: Area
    like: AreaCode | None
    key: str


@dataclass(frozen=True, slots=True)
class Recode:
    """Another code for the same area (换码): what lies in it and its bodies follow."""

    code: AreaCode
    to: AreaCode
    key: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Another name (更名)."""

    code: AreaCode
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Move:
    """Another parent (划转)."""

    code: AreaCode
    to: AreaCode
    key: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of an area (撤销): the heir answers for its place.

    A whole one passes on what still lies in it; otherwise all of that must have been moved.
    """

    code: AreaCode
    heir: AreaCode
    is_whole: bool
    key: str


@dataclass(frozen=True, slots=True)
class BodyBegin:
    """A new body (新设单位)."""

    code: OrganisationCode
    name: str
    kind: OrganisationKind
    area: AreaCode
    functions: tuple[Function, ...]
    phone: str
    parent: OrganisationCode | None
    key: str


@dataclass(frozen=True, slots=True)
class BodyRename:
    """Another name for a body."""

    code: OrganisationCode
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class BodyEnd:
    """The end of a body (撤并); who follows is its like in its area unless one is named."""

    code: OrganisationCode
    successor: OrganisationCode | None
    key: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that changes on a day."""

    name: str
    day: date
    begins: tuple[Begin, ...] = ()
    recodes: tuple[Recode, ...] = ()
    renames: tuple[Rename, ...] = ()
    moves: tuple[Move, ...] = ()
    ends: tuple[End, ...] = ()
    body_begins: tuple[BodyBegin, ...] = ()
    body_renames: tuple[BodyRename, ...] = ()
    body_ends: tuple[BodyEnd, ...] = ()


@dataclass(slots=True)
class Doubts:
    """What cannot be done of a plan, gathered so that it can be mended in one go."""

    found: list[str] = field(default_factory=list)

    def note(self, key: str, zh: str, en: str) -> None:
        """Note what is wrong with a change."""
        self.found.append(f"{key}: {zh} / {key}: {en}")

    def refuse(self, plan: Plan) -> None:
        """Raise BadSheet with all of it, if there is any."""
        if self.found:
            raise BadSheet(
                zh=f"方案“{plan.name}”有 {len(self.found)} 处错误, 未作任何改动",
                en=f"the plan {plan.name} has {len(self.found)} faults; nothing was changed",
                faults=tuple(self.found),
            )

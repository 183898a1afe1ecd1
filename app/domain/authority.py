"""Who may do what (权限): roles, how a caller stands to a unit, and one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from app.domain.action import Action
from app.domain.area import Area, AreaCode, Tier
from app.domain.errors import Forbidden
from app.domain.event import AccountId
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.unit import State, Unit
from app.domain.words import ACTION


class Role(StrEnum):
    """What a person or machine is there for."""

    REPORTER = "reporter"
    """上报人"""
    GRID_WORKER = "grid_worker"
    """网格员"""
    CLERK = "clerk"
    """中心坐席"""
    DEPARTMENT = "department"
    """部门经办人"""
    SUPERVISOR = "supervisor"
    """中心负责人"""
    INTEGRATOR = "integrator"
    """系统对接"""
    ADMINISTRATOR = "administrator"
    """管理员"""


class Relation(StrEnum):
    """How a caller stands to a unit."""

    HOLDER = "holder"
    """承办单位"""
    OWNER = "owner"
    """统筹或待派遣的中心"""
    CENTRE = "centre"
    """所属中心"""
    ABOVE = "above"
    """上级中心"""
    GRID = "grid"
    """该网格的网格队伍, 非承办单位"""
    DESK = "desk"
    """轮到其办理的单位"""
    APPROVER = "approver"
    """审批中心: a request about it lies on their desk"""
    REPORTER = "reporter"
    """上报人本人"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a named person or machine of an organisation."""

    account: AccountId
    name: str
    organisation: OrganisationCode
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller may see: an area's units, what its own organisation holds, its own reports."""

    tier: Tier | None
    area: str
    organisation: OrganisationCode | None
    account: AccountId | None
    former: tuple[str, ...] = ()
    """The ended areas that the area is the heir of: their closed units stand there still."""

    @property
    def areas(self) -> tuple[str, ...]:
        """Every code that stands for its area."""
        return (self.area, *self.former)


WORKERS: Final = frozenset({Role.GRID_WORKER, Role.CLERK, Role.DEPARTMENT, Role.SUPERVISOR})
"""Roles that take units from their body's desk."""
_DESK: Final = frozenset({Role.CLERK, Role.SUPERVISOR})
_HEAD: Final = frozenset({Role.SUPERVISOR})

_OWNED: Final = frozenset({State.TRIAGE, State.FILED, State.COORDINATING})
"""States in which the holder is a centre that owns the matter and does not work on it itself."""

SPLIT_IN_HAND: Final = "split_in_hand"
"""The key of a unit's reasons that says that a holder, no centre, has split it and has it still."""

_BY_HOLDER: Final = {Relation.HOLDER: WORKERS}
_BY_CENTRE: Final = {Relation.CENTRE: _DESK, Relation.ABOVE: _HEAD}
_BY_HEAD: Final = {Relation.OWNER: _HEAD, Relation.CENTRE: _HEAD, Relation.ABOVE: _HEAD}
_BY_CENTRES_HEAD: Final = {Relation.CENTRE: _HEAD, Relation.ABOVE: _HEAD}
_AT_DESK: Final = {Relation.DESK: WORKERS}
_BY_DESK: Final = {Relation.HOLDER: _DESK, **_BY_CENTRE}
_BY_OWNER: Final = {Relation.OWNER: _DESK, **_BY_CENTRE}
_BY_APPROVER: Final = {Relation.APPROVER: _DESK, **_BY_CENTRES_HEAD}
_ON_THE_SPOT: Final = {**_BY_CENTRE, Relation.GRID: frozenset({Role.GRID_WORKER})}

AUTHORITY: Final[Mapping[Action, Mapping[Relation, frozenset[Role]]]] = {
    Action.FILE: _BY_DESK,
    Action.DECLINE: _BY_DESK,
    Action.DISPATCH: _BY_DESK,
    Action.CLAIM: _AT_DESK,
    Action.RELEASE: _AT_DESK,
    Action.ACCEPT: _BY_HOLDER,
    Action.START: _BY_HOLDER,
    Action.RETURN: _BY_HOLDER,
    Action.RESOLVE: _BY_HOLDER,
    Action.VERIFY: _ON_THE_SPOT,
    Action.REWORK: _ON_THE_SPOT,
    Action.CLOSE: _BY_CENTRE,
    Action.RULE: _BY_HEAD,
    Action.TRANSFER: _BY_CENTRE,
    Action.PASS_DOWN: _BY_OWNER,
    Action.ESCALATE: {Relation.HOLDER: WORKERS, Relation.CENTRE: _DESK},
    Action.RECLASSIFY: _BY_OWNER,
    Action.URGE: {Relation.REPORTER: frozenset(Role), **_ON_THE_SPOT},
    Action.SUPERVISE: _BY_HEAD,
    Action.REOPEN: {Relation.REPORTER: frozenset(Role), **_BY_CENTRE},
    Action.CANCEL: _BY_HEAD,
    Action.MERGE: _BY_DESK,
    Action.UNMERGE: _BY_DESK,
    Action.RATE: {
        Relation.REPORTER: frozenset(Role),
        Relation.CENTRE: _DESK,
        Relation.ABOVE: _DESK,
    },
    Action.SUSPEND: _BY_CENTRES_HEAD,
    Action.RESUME: {**_BY_HOLDER, **_BY_CENTRE},
    Action.EXTEND: _BY_CENTRES_HEAD,
    Action.REQUEST: {**_BY_HOLDER, **_BY_CENTRE},
    Action.APPEAL: {**_BY_HOLDER, **_BY_CENTRE},
    Action.GRANT: _BY_APPROVER,
    Action.REFUSE: _BY_APPROVER,
    Action.WITHDRAW: {**_BY_HOLDER, **_BY_CENTRE},
    Action.SPLIT: {**_BY_HOLDER, **_BY_CENTRE},
    Action.SUPPORT: _BY_HOLDER,
    Action.WHISTLE: {Relation.HOLDER: _DESK, Relation.CENTRE: _DESK},
    Action.CONTACT: _BY_HOLDER,
    Action.ARRIVE: _BY_HOLDER,
    Action.REMIND: _BY_DESK,
    Action.NOTE: dict.fromkeys(Relation, frozenset(Role)),
    Action.ATTACH: dict.fromkeys(Relation, frozenset(Role)),
}
"""Actions missing here belong to the service itself."""

_OF_OTHERS: Final = frozenset({Action.VERIFY, Action.RATE})
"""What nobody does to their own work."""

REPORTERS: Final = frozenset(
    {Role.REPORTER, Role.GRID_WORKER, Role.CLERK, Role.SUPERVISOR, Role.INTEGRATOR}
)
"""Roles that may post events."""

SELF_HANDLERS: Final = frozenset({Role.GRID_WORKER, Role.CLERK, Role.SUPERVISOR, Role.INTEGRATOR})
"""Roles whose report may come with its resolution (自行处置)."""

SEES_AREA: Final = frozenset(
    {OrganisationKind.CENTRE, OrganisationKind.COMMITTEE, OrganisationKind.GRID_TEAM}
)
"""Bodies that answer for their whole area."""


def relations(
    caller: Caller,
    unit: Unit,
    above: frozenset[OrganisationCode],
    teams: frozenset[OrganisationCode] = frozenset(),
) -> set[Relation]:
    """Return how the caller stands to the unit.

    `above` are the centres over its centre, `teams` the grid teams of its grid.
    """
    own = caller.organisation
    stands = {
        Relation.HOLDER: own == unit.holder,
        Relation.OWNER: own == unit.holder and is_owned(unit),
        Relation.CENTRE: own == unit.centre,
        Relation.DESK: own == unit.desk,
        Relation.ABOVE: own in above,
        Relation.GRID: own in teams and own != unit.holder,
        Relation.APPROVER: any(one.desk == own for one in unit.pending),
        Relation.REPORTER: caller.account == unit.reporter,
    }
    return {relation for relation, is_so in stands.items() if is_so}


def is_owned(unit: Unit) -> bool:
    """Tell whether the holder owns the matter instead of working on it."""
    return unit.state in _OWNED and not unit.reasons.get(SPLIT_IN_HAND)


def permit(
    caller: Caller,
    action: Action,
    unit: Unit,
    above: frozenset[OrganisationCode],
    teams: frozenset[OrganisationCode] = frozenset(),
) -> None:
    """Raise Forbidden unless the table lets this caller do it; nobody verifies their own work."""
    table = AUTHORITY.get(action, {})
    stands = relations(caller, unit, above, teams)
    if not any(caller.roles & table.get(relation, frozenset()) for relation in stands):
        raise Forbidden(
            zh=f"“{caller.name}”无权对该单元“{ACTION[action][0]}”",
            en=f"{caller.name} may not {action} this unit",
            field="action",
            allowed=_allowed_to(table),
        )
    if action in _OF_OTHERS and caller.account == unit.resolved_by:
        raise Forbidden(
            zh="处置人不得核查或评价自己的处置结果",
            en="nobody verifies or rates their own resolution",
            field="action",
        )


def _allowed_to(table: Mapping[Relation, frozenset[Role]]) -> tuple[str, ...]:
    return tuple(f"{relation}: {', '.join(sorted(roles))}" for relation, roles in table.items())


def scope_of(caller: Caller, body: Organisation, former: Sequence[AreaCode] = ()) -> Scope:
    """Return what the caller may see: what their body may, and their own reports.

    Somebody who only reports sees nothing else.
    """
    if caller.roles <= {Role.REPORTER}:
        return Scope(None, body.area, None, caller.account, tuple(former))
    return replace(subtree(body, former), account=caller.account)


def subtree(body: Organisation, former: Sequence[AreaCode] = ()) -> Scope:
    """Return what a body may see, whoever asks there.

    A centre, a committee or a grid team: its area and the ended ones it is the heir of;
    another body: what it holds.
    """
    tier = body.tier if body.kind in SEES_AREA else None
    return Scope(tier, body.area, body.code, None, tuple(former))


def oversees(scope: Scope, body: Organisation, path: Sequence[Area]) -> bool:
    """Tell whether a body, with the path to its area, lies in the scope's subtree."""
    if body.code == scope.organisation:
        return True
    return scope.tier is not None and any(area.code == scope.area for area in path)


def answers_for(head: Organisation, body: Organisation, path: Sequence[Area]) -> bool:
    """Tell whether a body is another one itself, or lies in the area that one answers for."""
    in_area = head.kind in SEES_AREA and any(area.code == head.area for area in path)
    return body.code == head.code or in_area


def sees(scope: Scope, unit: Unit) -> bool:
    """Tell whether the unit lies in the scope; the store asks the same of its rows."""
    is_own = unit.reporter == scope.account
    return is_own or takes_in(scope, unit.holder, unit.centre, unit.place)


def takes_in(scope: Scope, holder: str, centre: str, place: object) -> bool:
    """Tell whether what these bodies have lies in the scope; `place` has a code for each tier."""
    if scope.organisation in {holder, centre} or scope.tier is Tier.CITY:
        return True
    return scope.tier is not None and getattr(place, scope.tier) in scope.areas

"""Approval (审批): which centres must agree to what, and which requests outlive a change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.domain import extension, support, suspension
from app.domain.action import Action
from app.domain.appeal import may_appeal
from app.domain.authority import Caller, Role, is_owned
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Forbidden
from app.domain.filing import Filed
from app.domain.lifecycle import TRANSITIONS
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.request import ASKED_AS, Pending, Request, RequestId, RequestKind, Wish
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from app.domain.words import ACTION

_DECISIONS: Final = frozenset({Action.GRANT, Action.REFUSE})
_COUNTED: Final = {
    RequestKind.EXTENSION: extension.times,
    RequestKind.SUSPENSION: suspension.times,
}


def chain(unit: Unit, wish: Wish, rulebook: Rulebook) -> tuple[OrganisationCode, ...]:
    """Return the centres that may come to decide about a unit, the nearest first, the city last.

    Of support the nearest is over both bodies, of an appeal over whoever was late. Whether a
    matter that it owns is to be cancelled a centre may say itself.
    """
    bodies, areas = rulebook.organisations, rulebook.areas
    holder, body = bodies[unit.holder], bodies[unit.centre]
    if wish.late is not None:
        late = bodies.get(bodies.heir(wish.late)) if wish.late in bodies else None
        body = bodies.centre_above(late, areas) if late else body
    if wish.helper is not None:
        body = support.desk(holder, bodies[bodies.heir(wish.helper)], rulebook)
    is_own = wish.kind is RequestKind.CANCEL and is_owned(unit)
    owns = is_own and holder.kind is OrganisationKind.CENTRE
    found = [holder.code, body.code] if owns and holder != body else [body.code]
    while (over := bodies.centre_above(body, areas)).code != body.code:
        found.append(over.code)
        body = over
    return tuple(found)


def approvers(
    unit: Unit,
    clocks: Sequence[Clock],
    wish: Wish,
    rulebook: Rulebook,
    by: OrganisationCode | None,
) -> tuple[OrganisationCode, ...]:
    """Return the centres that have yet to agree once `by` wants or agrees to it, in their turn.

    None: no centre has said anything yet, whoever asks.
    """
    centres, kind = chain(unit, wish, rulebook), wish.kind
    count = _COUNTED[kind](clocks) if kind in _COUNTED else 0
    levels = rulebook.policy_at(unit.place).levels(kind, unit.urgency, count)
    agreed = centres.index(by) + 1 if by in centres else 0
    return centres[agreed:levels]


def must_ask(
    unit: Unit, clocks: Sequence[Clock], action: Action, rulebook: Rulebook, by: OrganisationCode
) -> OrganisationCode | None:
    """Return the centre that must agree first to what somebody wants done; None: nobody."""
    kind = ASKED_AS.get(action)
    if kind is None:
        return None
    return next(iter(approvers(unit, clocks, Wish(kind), rulebook, by)), None)


def offers(
    unit: Unit, action: Action, rulebook: Rulebook, caller: Caller, clocks: Sequence[Clock] = ()
) -> bool:
    """Tell whether an action makes sense for a caller: nobody need agree first, or somebody asks.

    Nobody grants what they have asked for themselves.
    """
    if action is Action.APPEAL:
        return may_appeal(clocks, caller.organisation, rulebook.organisations)
    if action is Action.WITHDRAW:
        return any(one.organisation == caller.organisation for one in unit.pending)
    if action in _DECISIONS:
        return any(
            may_decide(one.desk, unit, caller, rulebook)
            and (action is Action.REFUSE or one.account != caller.account)
            for one in unit.pending
        )
    return must_ask(unit, clocks, action, rulebook, caller.organisation) is None


def refuse_unasked(
    unit: Unit, clocks: Sequence[Clock], action: Action, rulebook: Rulebook, by: OrganisationCode
) -> None:
    """Raise ActionNotAllowed for what a centre further up must agree to first."""
    asked = must_ask(unit, clocks, action, rulebook, by)
    if asked is None:
        return
    name = rulebook.organisations[asked].name
    raise ActionNotAllowed(
        zh=f"“{ACTION[action][0]}”须经“{name}”批准, 请提出申请",
        en=f"{action} needs the consent of {name}: make a request",
        field="action",
        allowed=(Action.REQUEST,),
    )


def may_decide(
    desk: OrganisationCode | None, unit: Unit, caller: Caller, rulebook: Rulebook
) -> bool:
    """Tell whether a caller decides what lies on a desk: its own people, or the heads above it."""
    own = _desk(desk, unit, rulebook)
    if caller.organisation == own.code:
        return True
    over = rulebook.organisations.centres(rulebook.areas.path(own.area))
    return Role.SUPERVISOR in caller.roles and caller.organisation in {one.code for one in over}


def _desk(desk: OrganisationCode | None, unit: Unit, rulebook: Rulebook) -> Organisation:
    """Return the centre that decides; where the city has it no more, the unit's own."""
    bodies = rulebook.organisations
    return bodies[bodies.heir(desk) if desk and desk in bodies else unit.centre]


def refuse_foreign(request: Request, unit: Unit, caller: Caller, rulebook: Rulebook) -> None:
    """Raise Forbidden unless the request is the caller's to decide."""
    if may_decide(request.desk, unit, caller, rulebook):
        return
    name = _desk(request.desk, unit, rulebook).name
    raise Forbidden(
        zh=f"此申请由“{name}”审批; 上级中心由负责人审批",
        en=f"{name} decides this request, or whoever is in charge of a centre above it",
        field="id",
    )


def _may_come_true(request: Pending, unit: Unit) -> bool:
    if request.kind is RequestKind.APPEAL:
        return True
    # Where it could be asked for no more, it is granted no more.
    needed = (request.kind.asking, request.kind.action)
    return request.route == unit.route and all((unit.state, one) in TRANSITIONS for one in needed)


def released(change: Filed) -> tuple[Filed, tuple[RequestId, ...]]:
    """Return a change with only those requests pending that it leaves a sense, and the others.

    A request but an appeal dies with the route it was made on, and any when the unit has come
    to where it cannot be granted or what it asks for not be done any more. The change's last
    step names the dead.
    """
    unit = change.unit
    if not unit.pending:
        return change, ()
    alive = tuple(one for one in unit.pending if _may_come_true(one, unit))
    dead = tuple(one.id for one in unit.pending if one not in alive)
    if not dead:
        return change, ()
    steps = change.steps
    if steps:
        steps = (*steps[:-1], replace(steps[-1], data={**steps[-1].data, "voided": list(dead)}))
    return replace(change, unit=replace(unit, pending=alive), steps=steps), dead

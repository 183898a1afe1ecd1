"""Approval (审批): which centres must agree to what, and which requests outlive a change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.domain import extension, suspension
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Forbidden
from app.domain.filing import Filed
from app.domain.lifecycle import TRANSITIONS
from app.domain.organisation import OrganisationCode, OrganisationKind
from app.domain.policy import Policy
from app.domain.request import ASKED_AS, Request, RequestId, RequestKind
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from app.domain.words import ACTION

_OF_REQUESTS: Final = frozenset({Action.GRANT, Action.REFUSE, Action.WITHDRAW})
_COUNTED: Final = {
    RequestKind.EXTENSION: extension.times,
    RequestKind.SUSPENSION: suspension.times,
}


def chain(unit: Unit, kind: RequestKind, rulebook: Rulebook) -> tuple[OrganisationCode, ...]:
    """Return the centres that may come to decide about a unit, the nearest first, the city last.

    Whether its own event is to be cancelled a centre may say itself.
    """
    bodies, areas = rulebook.organisations, rulebook.areas
    holder, body = bodies[unit.holder], bodies[unit.centre]
    owns = kind is RequestKind.CANCEL and holder.kind is OrganisationKind.CENTRE
    found = [holder.code, body.code] if owns and holder != body else [body.code]
    while (over := bodies.centre_above(body, areas)).code != body.code:
        found.append(over.code)
        body = over
    return tuple(found)


def approvers(
    unit: Unit,
    clocks: Sequence[Clock],
    kind: RequestKind,
    rulebook: Rulebook,
    by: OrganisationCode,
) -> tuple[OrganisationCode, ...]:
    """Return the centres that have yet to agree once `by` wants or agrees to it, in their turn."""
    centres = chain(unit, kind, rulebook)
    count = _COUNTED[kind](clocks) if kind in _COUNTED else 0
    levels = policy_at(unit, rulebook).levels(kind, unit.urgency, count)
    agreed = centres.index(by) + 1 if by in centres else 0
    return centres[agreed:levels]


def policy_at(unit: Unit, rulebook: Rulebook) -> Policy:
    """Return the policy at a unit's place."""
    areas = rulebook.areas
    return rulebook.policies.at(areas.path(unit.place.finest(areas)))


def must_ask(
    unit: Unit, clocks: Sequence[Clock], action: Action, rulebook: Rulebook, by: OrganisationCode
) -> OrganisationCode | None:
    """Return the centre that must agree first to what somebody wants done; None: nobody."""
    kind = ASKED_AS.get(action)
    if kind is None:
        return None
    return next(iter(approvers(unit, clocks, kind, rulebook, by)), None)


def offers(unit: Unit, action: Action, rulebook: Rulebook, by: OrganisationCode) -> bool:
    """Tell whether an action makes sense for `by`: nobody need agree first, or there is a request.

    What was granted before is not known here: the action itself looks again.
    """
    if action in _OF_REQUESTS:
        return bool(unit.pending)
    return must_ask(unit, (), action, rulebook, by) is None


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


def refuse_foreign(request: Request, unit: Unit, rulebook: Rulebook, by: OrganisationCode) -> None:
    """Raise Forbidden unless the request lies on the desk of `by` or below it."""
    centres = chain(unit, request.kind, rulebook)
    if by not in centres or (
        request.desk in centres and centres.index(by) < centres.index(request.desk)
    ):
        desk = rulebook.organisations.get(request.desk) if request.desk else None
        name = desk.name if desk else request.desk
        raise Forbidden(zh=f"此申请由“{name}”审批", en=f"{name} decides this request", field="id")


def released(change: Filed) -> tuple[Filed, tuple[RequestId, ...]]:
    """Return a change with only those requests pending that it leaves a sense, and the others.

    A request dies with the route it was made on, and when the unit has come to where what it
    asks for cannot be done any more. The change's last step names the dead.
    """
    unit = change.unit
    if not unit.pending:
        return change, ()
    alive = tuple(
        one
        for one in unit.pending
        if one.route == unit.route and (unit.state, one.kind.action) in TRANSITIONS
    )
    dead = tuple(one.id for one in unit.pending if one not in alive)
    if not dead:
        return change, ()
    steps = change.steps
    if steps:
        steps = (*steps[:-1], replace(steps[-1], data={**steps[-1].data, "voided": list(dead)}))
    return replace(change, unit=replace(unit, pending=alive), steps=steps), dead

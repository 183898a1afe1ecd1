"""What every action of the lifecycle asks for, said well: who may do it is another matter."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from app.api import reports
from app.domain import approval, dispute, suspension
from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.claim import LEASE
from app.domain.errors import DomainError
from app.domain.evidence import Phase
from app.domain.family import Bond, Errand
from app.domain.lifecycle import TRANSITIONS
from app.domain.limit import parse_limit
from app.domain.organisation import Organisation, OrganisationKind
from app.domain.policy import WhistleKind
from app.domain.request import RequestKind
from app.domain.request import Wish as Asked
from app.domain.responsibility import Kind
from app.domain.unit import ClockName, Grade, Unit
from app.flows import (
    casework,
    claims,
    dispatching,
    extension,
    issue,
    merging,
    oversight,
    redirecting,
    reopening,
    requests,
    satisfaction,
    split,
    whistle,
)
from app.flows import dispute as disputing
from app.flows import suspension as suspending
from app.flows.casework import Order, in_sight
from app.flows.claims import Hand
from app.flows.requests import Verdict
from app.flows.rulebook import Library
from app.flows.whistle import Call
from app.store.database import Tx
from tests.torture.family_machine_world import CREW, Look, World

Pick = Callable[[Sequence[Any]], Any]
"""Draws one of several."""

STAFFED = {one.organisation for one in CREW}
"""Bodies that somebody works for: what others get stands still."""

Doing = Callable[[Tx, Library], Awaitable[Any]]


class Speechless(Exception):
    """There is nothing that could well be said."""


@dataclass
class Wish:
    """Who wants to do something to which unit, and where what is said is drawn from."""

    world: World
    look: Look
    unit: Unit
    by: Caller
    pick: Pick
    seen: int = 0
    reason: str = "理由"
    is_named: bool = False
    """Whether a person says who is to have the unit."""

    @property
    def awake(self) -> Unit:
        """The unit as it is when the moment of its suspension has passed."""
        return suspension.awake(self.unit, self.world.now)

    def order(self, **changes: Any) -> Order:
        seen = self.seen or self.unit.version
        return Order(self.unit.id, seen, self.by, self.world.now, self.reason, **changes)

    def doing(self, flow: Callable[..., Awaitable[Any]], **said: Any) -> Doing:
        order = self.order()
        return lambda tx, library: flow(tx, library, order, **said)

    def bodies(self) -> list[Organisation]:
        """The staffed bodies within the caller's area that the unit's level lets have it."""
        rulebook, level = self.world.rulebook, self.unit.level
        own = rulebook.organisations[self.by.organisation].area
        return [
            body
            for body in rulebook.organisations.values()
            if body.code in STAFFED
            and any(area.code == own for area in rulebook.areas.path(body.area))
            and (level is None or body.tier.rank <= level.rank)
        ]

    def named(self) -> list[Organisation]:
        """Whom a person may name as the holder."""
        is_event = self.unit.kind is Kind.EVENT
        return [
            body for body in self.bodies() if not is_event or body.kind is OrganisationKind.CENTRE
        ]


def plain(wish: Wish, action: Action) -> Doing:
    return wish.doing(casework.act, action=action)


def _file(wish: Wish) -> Doing:
    entry = wish.pick(list(wish.world.rulebook.list))
    return wish.doing(dispatching.file, entry=entry, area=None)


def _dispatch(wish: Wish) -> Doing:
    offered = [None] if wish.unit.entry else []
    codes = [*offered, *offered, *(body.code for body in wish.named())]
    holder = wish.pick(codes)
    wish.is_named = holder is not None
    return wish.doing(dispatching.dispatch, holder=holder)


def _rule(wish: Wish) -> Doing:
    holder = wish.pick(wish.named()).code
    limit = None if wish.unit.entry else "1工作日"
    return wish.doing(dispatching.rule, holder=holder, limit=limit)


def _pass_down(wish: Wish) -> Doing:
    rulebook = wish.world.rulebook
    own = rulebook.organisations[wish.unit.holder].area
    below = [
        body
        for body in wish.named()
        if body.kind is OrganisationKind.CENTRE
        and any(area.code == own for area in rulebook.areas.path(body.area)[:-1])
    ]
    return wish.doing(redirecting.pass_down, centre=wish.pick(below).code)


def _transfer(wish: Wish) -> Doing:
    others = [body for body in wish.named() if body.code != wish.unit.holder]
    return wish.doing(redirecting.transfer, holder=wish.pick(others).code)


def _reclassify(wish: Wish) -> Doing:
    listed = wish.world.rulebook.list
    others = [
        code
        for code, entry in listed.items()
        if code != wish.unit.entry
        and (entry.kind is not Kind.EVENT or not wish.look.tasks_of(wish.unit.id))
    ]
    return wish.doing(redirecting.reclassify, entry=wish.pick(others))


def _resolve(wish: Wish) -> Doing:
    # Drawn first: what is shown is uploaded even where it is not asked for.
    phases = (Phase.BEFORE, Phase.AFTER)
    shown = tuple(wish.world.upload(wish.by, phase) for phase in phases)
    order = wish.order(exhibits=shown)
    return lambda tx, library: casework.act(tx, library, order, Action.RESOLVE)


def _attach(wish: Wish) -> Doing:
    order = wish.order(exhibits=(wish.world.upload(wish.by, Phase.OTHER),))
    return lambda tx, library: casework.attach(tx, library, order)


def _merge(wish: Wish) -> Doing:
    into = [
        one.id
        for one in wish.look.units.values()
        if one.parent is None
        and one.id != wish.unit.id
        and not one.state.is_final
        and in_sight(one, wish.by, wish.world.rulebook)
    ]
    return wish.doing(merging.merge, into=wish.pick(into))


def _suspend(wish: Wish) -> Doing:
    span = wish.pick([timedelta(minutes=5), timedelta(hours=30), timedelta(days=40)])
    return wish.doing(suspending.suspend, until=wish.world.now + span)


def _request(wish: Wish) -> Doing:
    unit = wish.awake
    asked = {one.kind for one in unit.pending}
    kinds = [
        kind
        for kind in RequestKind
        if kind not in asked
        and kind.asking is Action.REQUEST
        and (unit.state, kind.action) in TRANSITIONS
        and (kind is not RequestKind.RETURN or wish.by.organisation == unit.holder)
        and kind.action not in dispute.barred(unit, wish.by.organisation, wish.world.rulebook)
    ]
    kind = wish.pick(kinds)
    until = wish.world.now + timedelta(hours=20) if kind is RequestKind.SUSPENSION else None
    return wish.doing(requests.ask, wish=Asked(kind, until))


def _decide(wish: Wish, action: Action, decision: Callable[..., Awaitable[Any]]) -> Doing:
    theirs = [
        one.id
        for one in wish.unit.pending
        if approval.offers(replace(wish.unit, pending=(one,)), action, wish.world.rulebook, wish.by)
    ]
    verdict = Verdict(wish.pick(theirs), wish.by, wish.world.now, wish.reason)
    return lambda tx, library: decision(tx, library, verdict)


def _split(wish: Wish) -> Doing:
    entry = wish.world.rulebook.list.get(wish.unit.entry) if wish.unit.entry else None
    bodies = wish.bodies()
    errands = [
        Errand(
            Bond.SPLIT,
            f"任务 {number}",
            {ClockName.DISPOSE: parse_limit("4工作时")},
            holder=wish.pick(bodies).code,
            turn=wish.pick([1, 1, 2]),
        )
        for number in range(wish.pick([1, 2, 2]))
    ]
    by_plan = entry is not None and entry.plan and wish.pick([False, True])
    return wish.doing(split.split, errands=() if by_plan else errands)


def _support(wish: Wish) -> Doing:
    asked = {one["helper"] for one in wish.look.pending(wish.unit.id)} | {wish.by.organisation}
    bodies = wish.world.rulebook.organisations.values()
    helpers = [body for body in bodies if body.code in STAFFED - asked]
    helper, limit = wish.pick(helpers).code, parse_limit("1工作日")
    return wish.doing(requests.ask, wish=Asked(RequestKind.SUPPORT, helper=helper, limit=limit))


def _appeal(wish: Wish) -> Doing:
    late = [
        name
        for name, clock in wish.look.clocks_of(wish.unit.id).items()
        if clock["overdue_by"] == wish.by.organisation and clock["exempted_at"] is None
    ]
    return wish.doing(requests.ask, wish=Asked(RequestKind.APPEAL, clock=wish.pick(late)))


def _whistle(wish: Wish) -> Doing:
    rulebook = wish.world.rulebook
    own = rulebook.organisations[wish.by.organisation].area
    around = {area.code for area in rulebook.areas.path(own)[:-1]}
    bodies = [
        body
        for body in rulebook.organisations.values()
        if body.code in STAFFED and body.area in around and body.kind is not OrganisationKind.CENTRE
    ]
    called = [wish.pick(bodies).code]
    call = Call(called, wish.pick(list(WhistleKind)), "吹哨")
    return wish.doing(whistle.blow, call=call)


def _rate(wish: Wish) -> Doing:
    return wish.doing(satisfaction.rate, grade=wish.pick(list(Grade)))


def _claim(wish: Wish) -> Doing:
    return lambda tx, _: claims.take(tx, _hand(wish), wish.unit.id)


def _release(wish: Wish) -> Doing:
    async def release(tx: Tx, _: Library) -> Unit:
        held = {wish.unit.id: wish.unit.claim}
        (outcome,) = (await claims.release(tx, _hand(wish), held)).values()
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    return release


def _hand(wish: Wish) -> Hand:
    world, by = wish.world, wish.by
    desk = world.rulebook.organisations[by.organisation]
    return Hand.of(by, desk, world.rulebook, world.now, LEASE)


_DATA: dict[Action, Callable[[Wish], Doing]] = {
    Action.CLAIM: _claim,
    Action.RELEASE: _release,
    Action.FILE: _file,
    Action.DISPATCH: _dispatch,
    Action.RULE: _rule,
    Action.PASS_DOWN: _pass_down,
    Action.TRANSFER: _transfer,
    Action.RECLASSIFY: _reclassify,
    Action.RESOLVE: _resolve,
    Action.ATTACH: _attach,
    Action.MERGE: _merge,
    Action.UNMERGE: lambda wish: wish.doing(merging.unmerge, read=reports.stored),
    Action.SUSPEND: _suspend,
    Action.RESUME: lambda wish: wish.doing(suspending.resume),
    Action.EXTEND: lambda wish: wish.doing(extension.extend),
    Action.REQUEST: _request,
    Action.GRANT: partial(_decide, action=Action.GRANT, decision=requests.grant),
    Action.REFUSE: partial(_decide, action=Action.REFUSE, decision=requests.refuse),
    Action.WITHDRAW: partial(_decide, action=Action.WITHDRAW, decision=requests.withdraw),
    Action.SPLIT: _split,
    Action.SUPPORT: _support,
    Action.APPEAL: _appeal,
    Action.WHISTLE: _whistle,
    Action.CONTACT: lambda wish: wish.doing(whistle.show_up, action=Action.CONTACT),
    Action.ARRIVE: lambda wish: wish.doing(whistle.show_up, action=Action.ARRIVE),
    Action.REMIND: lambda wish: wish.doing(issue.remind),
    Action.ESCALATE: lambda wish: wish.doing(disputing.escalate),
    Action.URGE: lambda wish: wish.doing(oversight.urge),
    Action.SUPERVISE: lambda wish: wish.doing(oversight.supervise, limit="2工作日"),
    Action.REOPEN: lambda wish: wish.doing(reopening.reopen),
    Action.RATE: _rate,
}
_PLAIN = (
    Action.ACCEPT,
    Action.START,
    Action.RETURN,
    Action.VERIFY,
    Action.REWORK,
    Action.CLOSE,
    Action.DECLINE,
    Action.CANCEL,
    Action.NOTE,
)

ACTIONS = (*_PLAIN, *_DATA)
"""Everything that people do to a unit."""


def doing(wish: Wish, action: Action) -> Doing | None:
    """Return the call with all that it needs; None where nothing can be said well."""
    said = _DATA.get(action)
    try:
        return plain(wish, action) if said is None else said(wish)
    except Speechless:
        return None

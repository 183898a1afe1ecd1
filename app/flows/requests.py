"""Requests: made by who works on a unit, decided by the centres above, done when all agree."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.domain import extension, suspension
from app.domain.action import Action
from app.domain.approval import approvers, refuse_foreign
from app.domain.authority import Caller, permit
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid, NotFound
from app.domain.filing import Filed
from app.domain.lifecycle import refuse_out_of_turn
from app.domain.limit import Limit
from app.domain.organisation import OrganisationCode
from app.domain.request import Pending, Request, RequestId, RequestKind, RequestState, Wish
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, Unit, UnitId
from app.domain.words import REQUEST, REQUEST_STATE
from app.flows import appeal, overtaken, support
from app.flows.advance import Deed, advance, moved, write
from app.flows.casework import Case, Order, above, carry_out, deed_of, in_sight, open_case, teams
from app.flows.rulebook import Library
from app.flows.suspension import suspended
from app.store import requests as request_store
from app.store import units as unit_store
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says of a request, and with which words.

    Support is granted as a task with a title and within a limit: given none, the limit asked
    for or else the list's.
    """

    request: UUID
    by: Caller
    at: datetime
    reason: str = ""
    title: str = ""
    limit: Limit | None = None

    def order(self, request: Request, under: Action | None = None) -> Order:
        """Return what is wanted of the unit the request is about."""
        return Order(UnitId(request.unit), 0, self.by, self.at, self.reason, under=under)


Outcome = tuple[Unit, Request]
"""The unit and the request about it as they then stand."""


async def ask(tx: Tx, library: Library, order: Order, wish: Wish) -> Outcome:
    """Ask for what the centres above must agree to; where nobody need agree it is done at once.

    Whatever could not be granted anyhow is refused now.
    """
    kind = wish.kind
    case = await open_case(tx, library, replace(order, under=kind.asking), kind.action)
    wish = await _sensible(tx, case, order, wish)
    request = _new(case.unit, order, wish)
    centres = approvers(case.unit, case.clocks, wish, case.rulebook, _speaks_for(case, order, kind))
    deed = Deed(kind.asking, order.by, order.at, order.reason, _told(request))
    if not centres:
        request = replace(request, state=RequestState.GRANTED, decided_at=order.at)
        await request_store.insert(tx, request)
        return await _done(tx, case, request, deed), request
    request = replace(request, desk=centres[0])
    await request_store.insert(tx, request)
    unit = replace(
        case.unit, pending=(*case.unit.pending, _carried(request, case.unit, centres[0]))
    )
    deed = replace(deed, data={**deed.data, "to": centres[0]})
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit, request


def _new(unit: Unit, order: Order, wish: Wish) -> Request:
    return Request(
        id=RequestId(uuid4()),
        unit=unit.id,
        home=unit.home,
        wish=wish,
        account=order.by.account,
        organisation=order.by.organisation,
        at=order.at,
        reason=order.reason,
    )


def _carried(request: Request, unit: Unit, desk: OrganisationCode) -> Pending:
    return Pending(
        request.id, request.kind, unit.route, request.account, request.organisation, desk
    )


def _told(request: Request) -> dict[str, Any]:
    """Return what the log tells of a request."""
    wish = request.wish
    limit = str(wish.limit) if wish.limit else None
    said = {"until": wish.until, "holder": wish.helper, "limit": limit, "clock": wish.clock}
    given = {key: value for key, value in said.items() if value is not None}
    return {"kind": wish.kind, "request": request.id, **given}


def _speaks_for(case: Case, order: Order, kind: RequestKind) -> OrganisationCode | None:
    """Return the asker's body if who asks could have done it, were no consent needed.

    That a clerk asks for what the head of the centre may do is not yet the centre's word.
    """
    unit, rulebook = case.unit, case.rulebook
    try:
        permit(order.by, kind.action, unit, above(unit, rulebook), teams(unit, rulebook))
    except Forbidden:
        return None
    return order.by.organisation


async def _sensible(tx: Tx, case: Case, order: Order, wish: Wish) -> Wish:
    """Return the wish in full; raises what makes it pointless.

    Asked already, not possible, not theirs to ask.
    """
    unit, kind = case.unit, wish.kind
    refuse_out_of_turn(unit.state, kind.action)
    if (kind is RequestKind.SUSPENSION) != (wish.until is not None):
        raise Invalid(
            zh="申请挂账须写明截止时刻 until, 其他申请不写",
            en="a suspension, and nothing else, needs a moment until when",
            field="until",
        )
    if kind is RequestKind.SUPPORT:
        return await support.named(tx, case, order, wish)
    if any(one.kind is kind for one in unit.pending):
        raise ActionNotAllowed(
            zh=f"“{REQUEST[kind][0]}”申请已提出, 正待审批; 可撤回后重新申请",
            en=f"a request of kind {kind} is pending; withdraw it to ask again",
            field="kind",
            allowed=(Action.WITHDRAW,),
        )
    if kind is RequestKind.APPEAL:
        return appeal.named(case, order, wish)
    if kind is RequestKind.RETURN and order.by.organisation != unit.holder:
        raise Forbidden(
            zh="只有承办单位可以申请退回", en="only the holder asks to return it", field="kind"
        )
    if wish.until is not None:
        suspension.suspended(case.clocks, case.terms(), wish.until, at=order.at)
    if kind is not RequestKind.EXTENSION:
        return wish
    extension.extended(case.clocks, case.terms(), asked_at=order.at, at=order.at)
    return replace(wish, limit=case.terms().limit(ClockName.DISPOSE))


async def grant(tx: Tx, library: Library, verdict: Verdict) -> Outcome:
    """Agree to a request; when no centre is left to agree, what was asked for is done."""
    request = await _pending(tx, library, verdict)
    order, by = verdict.order(request, Action.GRANT), verdict.by
    case, request = await _opened(tx, library, order, request, request.kind.action)
    refuse_foreign(request, case.unit, by, case.rulebook)
    if by.account == request.account:
        raise Forbidden(zh="不得审批自己的申请", en="nobody decides their own request", field="id")
    request = _adjusted(request, verdict)
    centres = approvers(case.unit, case.clocks, request.wish, case.rulebook, by.organisation)
    deed = replace(deed_of(order, Action.GRANT), data=_told(request))
    if centres:
        request = replace(request, desk=centres[0], agreed=(*request.agreed, by.organisation))
        return await _passed_on(tx, case, request, deed, centres[0]), request
    request = _decided(request, RequestState.GRANTED, order)
    await request_store.save(tx, request)
    return await _done(tx, case, request, deed, title=verdict.title), request


def _adjusted(request: Request, verdict: Verdict) -> Request:
    """Return the request with what its grant says of the task it becomes."""
    wish = request.wish
    if wish.kind is RequestKind.SUPPORT:
        return replace(request, wish=replace(wish, limit=verdict.limit or wish.limit))
    if verdict.title or verdict.limit:
        raise Invalid(
            zh="只有批准协办时可以填写任务名称和时限",
            en="only support is granted with a title or a limit",
            field="title" if verdict.title else "limit",
        )
    return request


async def _passed_on(
    tx: Tx, case: Case, request: Request, deed: Deed, desk: OrganisationCode
) -> Unit:
    """Put a request on the next centre's desk: one more has agreed."""
    await request_store.save(tx, request)
    deed = replace(deed, data={**deed.data, "to": desk})
    unit = _without(case.unit, request)
    unit = replace(unit, pending=(*unit.pending, _carried(request, unit, desk)))
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def refuse(tx: Tx, library: Library, verdict: Verdict) -> Outcome:
    """Refuse a request, with the reason; it does not count."""
    request = await _pending(tx, library, verdict)
    order, by = verdict.order(request), verdict.by
    case, request = await _opened(tx, library, order, request, Action.REFUSE)
    refuse_foreign(request, case.unit, by, case.rulebook)
    return await _ended(tx, case, request, order, RequestState.REFUSED)


async def withdraw(tx: Tx, library: Library, verdict: Verdict) -> Outcome:
    """Take back a request of one's own organisation."""
    request = await _pending(tx, library, verdict)
    order, by = verdict.order(request), verdict.by
    case, request = await _opened(tx, library, order, request, Action.WITHDRAW)
    if by.organisation != request.organisation:
        raise Forbidden(
            zh="只有提出申请的单位可以撤回", en="only who asked withdraws it", field="id"
        )
    return await _ended(tx, case, request, order, RequestState.WITHDRAWN)


async def _pending(tx: Tx, library: Library, verdict: Verdict) -> Request:
    """Return a request that may still be decided; what it was to be is told to who may see it."""
    request = await _find(tx, verdict.request)
    if request.state is not RequestState.PENDING:
        (unit,) = await unit_store.read(tx, [request.unit])
        rulebook = library.current(verdict.at).rulebook
        if not in_sight(unit, verdict.by, rulebook):
            raise _unknown()
        raise await _over(tx, request, unit, rulebook, verdict.at)
    return request


async def _find(tx: Tx, key: UUID) -> Request:
    found = await request_store.find(tx, key)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> NotFound:
    return NotFound(zh="没有这个申请", en="no such request", field="id")


async def _over(
    tx: Tx, request: Request, unit: Unit, rulebook: Rulebook, now: datetime
) -> ActionNotAllowed:
    """Return the refusal to decide what somebody has decided, with who did what."""
    zh, en = REQUEST_STATE[request.state]
    refusal = ActionNotAllowed(
        zh=f"该申请{zh}, 不能再处理; 需要时请重新申请",
        en=f"the request is {en} already; make a new one if need be",
        field="id",
        allowed=(request.kind.asking,),
    )
    by = overtaken.ON_REQUESTS
    await overtaken.told(tx, {unit.id: refusal}, [unit], rulebook, now, by=by)
    return refusal


async def _opened(
    tx: Tx, library: Library, order: Order, request: Request, action: Action
) -> tuple[Case, Request]:
    """Return the owned unit and its request as it stands now; raises ActionNotAllowed if decided.

    Between the look and the lock somebody may have decided it. Who may not see the unit hears
    nothing of it.
    """
    try:
        case = await open_case(tx, library, order, action)
    except NotFound:
        raise _unknown() from None
    request = await _find(tx, request.id)
    if request.state is not RequestState.PENDING:
        raise await _over(tx, request, case.unit, case.rulebook, order.at)
    return case, request


def _decided(request: Request, state: RequestState, order: Order) -> Request:
    return replace(
        request,
        state=state,
        desk=None,
        decided_by=order.by.account,
        decided_at=order.at,
        decision=order.reason,
    )


async def _ended(
    tx: Tx, case: Case, request: Request, order: Order, state: RequestState
) -> Outcome:
    """End a request without doing what it asked for."""
    action = Action.REFUSE if state is RequestState.REFUSED else Action.WITHDRAW
    deed = Deed(action, order.by, order.at, order.reason, _told(request))
    filed = moved(_without(case.unit, request), case.clocks, deed, case.terms())
    request = _decided(request, state, order)
    await request_store.save(tx, request)
    (filed,) = await write(tx, [filed])
    return filed.unit, request


def _without(unit: Unit, request: Request) -> Unit:
    return replace(unit, pending=tuple(one for one in unit.pending if one.id != request.id))


async def _done(tx: Tx, case: Case, request: Request, deed: Deed, *, title: str = "") -> Unit:
    """Take down a decision and do what was asked for, in the words of who asked."""
    unit = _without(case.unit, request)
    if request.kind is RequestKind.SUPPORT:
        return await support.give(tx, replace(case, unit=unit), request, deed, title)
    decided = moved(unit, case.clocks, deed, case.terms())
    case = replace(case, unit=decided.unit)
    data = {"request": request.id, "asked_at": request.at}
    own = Deed(request.kind.action, deed.by, deed.at, request.reason, data)
    if request.kind is RequestKind.EXTENSION:
        done = [_extended(case, request, own)]
    elif request.kind is RequestKind.APPEAL:
        done = [appeal.granted(case, request, own)]
    elif (until := request.wish.until) is not None:
        own = replace(own, data={**data, "until": until})
        done = suspended(case, own, until)
    else:
        return await _by_act(tx, case, decided, own)
    *tasks, last = done
    last = replace(last, steps=(*decided.steps, *last.steps))
    return (await write(tx, [*tasks, last]))[-1].unit


def _extended(case: Case, request: Request, deed: Deed) -> Filed:
    terms = case.terms()
    clocks = extension.extended(case.clocks, terms, asked_at=request.at, at=deed.at)
    return moved(case.unit, clocks, deed, terms)


async def _by_act(tx: Tx, case: Case, decided: Filed, deed: Deed) -> Unit:
    """Do what people do without a request in the way they do it.

    Who may is settled: with the request gone its desk has no say in the unit any more.
    """
    if deed.by is None:
        raise ValueError(deed.action)
    await write(tx, [decided])
    order = Order(decided.unit.id, 0, deed.by, deed.at, deed.reason)
    return await carry_out(tx, replace(case, clocks=decided.clocks), order, deed.action)

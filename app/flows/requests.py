"""Requests: made by who works on a unit, decided by the centres above, done when all agree."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from app.domain import extension, suspension
from app.domain.action import Action
from app.domain.approval import approvers, refuse_foreign
from app.domain.authority import Caller
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid, NotFound
from app.domain.filing import Filed
from app.domain.lifecycle import decide
from app.domain.need import Need
from app.domain.request import Pending, Request, RequestId, RequestKind, RequestState
from app.domain.unit import Unit, UnitId
from app.domain.words import REQUEST, REQUEST_STATE
from app.flows.advance import Deed, advance, moved, write
from app.flows.casework import Case, Order, act, deed_of, in_sight, open_case
from app.flows.rulebook import Library
from app.flows.suspension import suspended
from app.store import requests as request_store
from app.store import units as unit_store
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says of a request, and with which words."""

    request: UUID
    by: Caller
    at: datetime
    reason: str = ""

    def order(self, request: Request, under: Action | None = None) -> Order:
        """Return what is wanted of the unit the request is about."""
        return Order(UnitId(request.unit), 0, self.by, self.at, self.reason, under=under)


async def ask(
    tx: Tx, library: Library, order: Order, kind: RequestKind, until: datetime | None
) -> tuple[Unit, Request]:
    """Ask for what the centres above must agree to; where nobody need agree it is done at once.

    Whatever could not be granted anyhow is refused now.
    """
    case = await open_case(tx, library, replace(order, under=Action.REQUEST), kind.action)
    _refuse_senseless(case, order, kind, until)
    request = _new(case.unit, order, kind, until)
    centres = approvers(case.unit, case.clocks, kind, case.rulebook, order.by.organisation)
    data = {"kind": kind, "request": request.id, **({"until": until} if until else {})}
    deed = Deed(Action.REQUEST, order.by, order.at, order.reason, data)
    if not centres:
        request = replace(request, state=RequestState.GRANTED, decided_at=order.at)
        await request_store.insert(tx, request)
        return await _done(tx, library, case, request, deed), request
    request = replace(request, desk=centres[0])
    await request_store.insert(tx, request)
    pending = Pending(request.id, kind, case.unit.route)
    unit = replace(case.unit, pending=(*case.unit.pending, pending))
    deed = replace(deed, data={**data, "to": centres[0]})
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit, request


def _new(unit: Unit, order: Order, kind: RequestKind, until: datetime | None) -> Request:
    return Request(
        id=RequestId(uuid4()),
        unit=unit.id,
        home=unit.home,
        kind=kind,
        account=order.by.account,
        organisation=order.by.organisation,
        at=order.at,
        reason=order.reason,
        until=until,
    )


def _refuse_senseless(case: Case, order: Order, kind: RequestKind, until: datetime | None) -> None:
    """Raise what makes a request pointless: asked already, not possible, not theirs to ask."""
    unit = case.unit
    decide(unit.state, kind.action, given=tuple(Need))
    if any(one.kind is kind for one in unit.pending):
        raise ActionNotAllowed(
            zh=f"“{REQUEST[kind][0]}”申请已提出, 正待审批; 可撤回后重新申请",
            en=f"a request of kind {kind} is pending; withdraw it to ask again",
            field="kind",
            allowed=(Action.WITHDRAW,),
        )
    if kind is RequestKind.RETURN and order.by.organisation != unit.holder:
        raise Forbidden(
            zh="只有承办单位可以申请退回", en="only the holder asks to return it", field="kind"
        )
    if (kind is RequestKind.SUSPENSION) != (until is not None):
        raise Invalid(
            zh="申请挂账须写明截止时刻 until, 其他申请不写",
            en="a suspension, and nothing else, needs a moment until when",
            field="until",
        )
    if kind is RequestKind.EXTENSION:
        extension.extended(case.clocks, case.terms(), asked_at=order.at, at=order.at)
    if until is not None:
        suspension.suspended(case.clocks, case.terms(), until, at=order.at)


async def grant(tx: Tx, library: Library, verdict: Verdict) -> Request:
    """Agree to a request; when no centre is left to agree, what was asked for is done."""
    request = await _pending(tx, library, verdict)
    order, by = verdict.order(request, Action.GRANT), verdict.by
    case, request = await _opened(tx, library, order, request, request.kind.action)
    refuse_foreign(request, case.unit, case.rulebook, by.organisation)
    if by.account == request.account:
        raise Forbidden(zh="不得审批自己的申请", en="nobody decides their own request", field="id")
    centres = approvers(case.unit, case.clocks, request.kind, case.rulebook, by.organisation)
    deed = deed_of(order, Action.GRANT)
    deed = replace(deed, data={"request": request.id, "kind": request.kind})
    if centres:
        agreed = (*request.agreed, by.organisation)
        request = replace(request, desk=centres[0], agreed=agreed)
        await request_store.save(tx, request)
        deed = replace(deed, data={**deed.data, "to": centres[0]})
        await advance(tx, case.unit, case.clocks, deed, case.terms())
        return request
    request = _decided(request, RequestState.GRANTED, order)
    await request_store.save(tx, request)
    await _done(tx, library, case, request, deed)
    return request


async def refuse(tx: Tx, library: Library, verdict: Verdict) -> Request:
    """Refuse a request, with the reason; it does not count."""
    request = await _pending(tx, library, verdict)
    order, by = verdict.order(request), verdict.by
    case, request = await _opened(tx, library, order, request, Action.REFUSE)
    refuse_foreign(request, case.unit, case.rulebook, by.organisation)
    return await _ended(tx, case, request, order, RequestState.REFUSED)


async def withdraw(tx: Tx, library: Library, verdict: Verdict) -> Request:
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
        if not in_sight(unit, verdict.by, library.current(verdict.at).rulebook):
            raise _unknown()
        raise _over(request)
    return request


async def _find(tx: Tx, key: UUID) -> Request:
    found = await request_store.find(tx, key)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> NotFound:
    return NotFound(zh="没有这个申请", en="no such request", field="id")


def _over(request: Request) -> ActionNotAllowed:
    zh, en = REQUEST_STATE[request.state]
    return ActionNotAllowed(
        zh=f"该申请{zh}, 不能再处理; 需要时请重新申请",
        en=f"the request is {en} already; make a new one if need be",
        field="id",
        allowed=(Action.REQUEST,),
    )


async def _opened(
    tx: Tx, library: Library, order: Order, request: Request, action: Action
) -> tuple[Case, Request]:
    """Return the owned unit and its request as it stands now; raises ActionNotAllowed if decided.

    Between the look and the lock somebody may have decided it.
    """
    case = await open_case(tx, library, order, action)
    request = await _find(tx, request.id)
    if request.state is not RequestState.PENDING:
        raise _over(request)
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
) -> Request:
    """End a request without doing what it asked for."""
    action = Action.REFUSE if state is RequestState.REFUSED else Action.WITHDRAW
    data = {"request": request.id, "kind": request.kind}
    deed = Deed(action, order.by, order.at, order.reason, data)
    filed = moved(_without(case.unit, request), case.clocks, deed, case.terms())
    request = _decided(request, state, order)
    await request_store.save(tx, request)
    await write(tx, [filed])
    return request


def _without(unit: Unit, request: Request) -> Unit:
    return replace(unit, pending=tuple(one for one in unit.pending if one.id != request.id))


async def _done(tx: Tx, library: Library, case: Case, request: Request, deed: Deed) -> Unit:
    """Take down a decision and do what was asked for, in the words of who asked."""
    case.unit = _without(case.unit, request)
    decided = moved(case.unit, case.clocks, deed, case.terms())
    case.unit = decided.unit
    data = {"request": request.id, "asked_at": request.at}
    own = Deed(request.kind.action, deed.by, deed.at, request.reason, data)
    if request.kind is RequestKind.EXTENSION:
        done = [_extended(case, request, own)]
    elif request.until is not None:
        own = replace(own, data={**data, "until": request.until})
        done = await suspended(tx, case, own, request.until)
    else:
        return await _by_act(tx, library, decided, own, deed.action)
    *tasks, last = done
    last = replace(last, steps=(*decided.steps, *last.steps))
    return (await write(tx, [*tasks, last]))[-1].unit


def _extended(case: Case, request: Request, deed: Deed) -> Filed:
    terms = case.terms()
    clocks = extension.extended(case.clocks, terms, asked_at=request.at, at=deed.at)
    return moved(case.unit, clocks, deed, terms)


async def _by_act(tx: Tx, library: Library, decided: Filed, deed: Deed, under: Action) -> Unit:
    """Do what people do without a request in the way they do it."""
    if deed.by is None:
        raise ValueError(deed.action)
    await write(tx, [decided])
    order = Order(decided.unit.id, 0, deed.by, deed.at, deed.reason, under=under)
    return await act(tx, library, order, deed.action)

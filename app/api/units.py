"""Units: read by id or number, listed, and worked on."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api import render, tables
from app.api.claim_models import claim_of
from app.api.evidence import AttachIn, AttachmentList, ResolveIn
from app.api.explanations import Explanation
from app.api.models import Said
from app.api.once import Posted
from app.api.request import Calling, Page, Seen, Services, cursor_of, cursor_values
from app.api.service import Service
from app.api.unit_models import (
    DispatchIn,
    FileIn,
    RuleIn,
    StepPage,
    UnitDetail,
    UnitOut,
    UnitPage,
    UnitQuery,
)
from app.api.work import UnitKey, claimers, plain, seen_unit, work
from app.domain import sight
from app.domain.action import Action
from app.domain.area import AreaCode, Areas
from app.domain.authority import Caller
from app.domain.offer import Standing
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode
from app.flows import casework, dispatching, evidence, explanation
from app.flows.casework import may_now
from app.store import accounts, attachments, clocks, events, lists, requests, steps, units
from app.store.lists import UnitFilter

router = APIRouter(prefix="/v1/units", tags=["units"])


@router.get("", summary="Units in the order they last changed", response_model=UnitPage)
async def list_units(
    request: Request, service: Services, caller: Calling, asked: Annotated[UnitQuery, Query()]
) -> UnitPage | Response:
    """Return the units within the caller's scope that the filters leave, as JSON or XLSX."""
    rulebook = service.library.current(service.now()).rulebook
    page = await page_of_units(service, caller, asked)
    return tables.unit_page(request, page.items, rulebook, page.next)


async def page_of_units(service: Service, caller: Caller, asked: UnitQuery) -> UnitPage:
    """Return a page of the units within the caller's scope that the filters leave."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    scope = sight.of_caller(caller, rulebook)
    after = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    async with service.database.reading() as tx:
        wanted = _filter(asked, caller, rulebook.areas, now)
        found = await lists.page(tx, scope, wanted, after=after, limit=asked.limit)
        names = await claimers(tx, found, now)
    full = len(found) == asked.limit
    following = cursor_of(found[-1].updated_at, found[-1].id) if full else None
    shown = [
        render.unit(one, rulebook, now, claim_of(one, caller, now, names.get(one.id)))
        for one in found
    ]
    return UnitPage(items=shown, next=following)


def _filter(asked: UnitQuery, caller: Caller, areas: Areas, now: datetime) -> UnitFilter:
    district = areas.get(AreaCode(asked.district)) if asked.district else None
    return UnitFilter(
        state=asked.state,
        kind=asked.kind,
        districts=_every_code(asked.district, areas),
        filed_in=asked.district if district and district.has_ended else None,
        streets=_every_code(asked.street, areas),
        holder=OrganisationCode(asked.holder) if asked.holder else None,
        is_overdue=asked.overdue,
        light=asked.light,
        now=now,
        is_unlisted=asked.unlisted,
        is_open=asked.open,
        raised_to=_raised_to(asked, caller),
        updated_since=asked.updated_since,
        is_self_handled=asked.self_handled,
        satisfaction=asked.satisfaction,
        is_recurring=asked.recurring,
        merged_into=asked.merged_into,
    )


def _raised_to(asked: UnitQuery, caller: Caller) -> OrganisationCode | None:
    if asked.raised_to is not None:
        return OrganisationCode(asked.raised_to)
    return caller.organisation if asked.raised else None


def _every_code(code: str | None, areas: Areas) -> tuple[str, ...]:
    """Return the codes one and the same area has had; one that is not known is looked for too."""
    if code is None:
        return ()
    return areas.renumbered(AreaCode(code)) if code in areas else (code,)


@router.get("/{unit}", summary="One unit, by id or number")
async def get_unit(
    unit: UnitKey, service: Services, caller: Calling, response: Response
) -> UnitDetail:
    """Return a unit with its clocks, its tasks and what the caller may do now."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    async with service.database.reading() as tx:
        found = await seen_unit(tx, unit, caller, service)
        running = (await clocks.of_units(tx, [found.id])).get(found.id, ())
        linked = await units.linked(tx, found.id)
        over = found.parent or found.merged_into
        kin = [*linked, *(await units.read(tx, [over]) if over else ())]
        pending = await requests.read(tx, [one.id for one in found.pending])
        root = found.parent or found.id
        report = (await events.find(tx, [root])).get(root)
        actions = may_now(Standing.of(found, running, kin, now), caller, rulebook)
        policy = rulebook.policy_at(found.place)
        actions = await evidence.asked_for(tx, service.library, found, policy, actions)
        names = await claimers(tx, [found], now)
    response.headers["ETag"] = f'"{found.version}"'
    return render.detail(
        found,
        rulebook,
        report=report,
        clocks=running,
        linked=linked,
        pending=pending,
        actions=actions,
        claim=claim_of(found, caller, now, names.get(found.id)),
        now=now,
    )


@router.get("/{unit}/steps", summary="A unit's log, the oldest line first")
async def get_steps(unit: UnitKey, service: Services, caller: Calling, asked: Page) -> StepPage:
    """Return a unit's log with the actors' names."""
    rulebook = service.library.current(service.now()).rulebook
    (after,) = cursor_values(asked.cursor, int) if asked.cursor else (0,)
    async with service.database.reading() as tx:
        found = await seen_unit(tx, unit, caller, service)
        log = await steps.of_unit(tx, found.id, after=after, limit=asked.limit)
        names = await accounts.names(tx, [line.actor for line in log if line.actor])
    following = cursor_of(log[-1].seq) if len(log) == asked.limit else None
    return StepPage(items=[render.step(line, names, rulebook) for line in log], next=following)


@router.get("/{unit}/attachments", summary="What is attached to a unit and to its report")
async def get_attachments(unit: UnitKey, service: Services, caller: Calling) -> AttachmentList:
    """Return what the unit shows; each is downloaded from /v1/attachments."""
    rulebook = service.library.current(service.now()).rulebook
    async with service.database.reading() as tx:
        found = await seen_unit(tx, unit, caller, service)
        shown = await attachments.of_unit(tx, found.id, found.parent or found.id)
    return AttachmentList(items=[render.attachment(one, rulebook) for one in shown])


@router.get("/{unit}/explanation", summary="Why this kind, this holder, this deadline")
async def get_explanation(
    unit: UnitKey, request: Request, service: Services, caller: Calling
) -> Explanation:
    """Tell the unit's decisions from the reasons stored with it."""
    async with service.database.reading() as tx:
        found = await seen_unit(tx, unit, caller, service)
        passages = await explanation.of_unit(tx, service.library, found)
    return Explanation.of(
        passages,
        request,
        unit=found.id,
        number=found.number,
        rulebook=found.rulebook,
        reasons=dict(found.reasons),
    )


@router.post(
    "/{unit}:file", summary="立案: file a unit in triage under an entry", response_model=UnitOut
)
async def file(unit: UnitKey, body: FileIn, once: Posted, seen: Seen) -> Response:
    """File the unit and send it on its way."""
    entry, area = EntryCode(body.entry), AreaCode(body.area) if body.area else None

    flow = partial(dispatching.file, entry=entry, area=area)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:dispatch", summary="派遣: send a filed unit to a holder", response_model=UnitOut
)
async def dispatch(unit: UnitKey, body: DispatchIn, once: Posted, seen: Seen) -> Response:
    """Dispatch to the holder named, or to whoever the list names."""
    holder = OrganisationCode(body.holder) if body.holder else None

    flow = partial(dispatching.dispatch, holder=holder)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:rule", summary="指定承办: name the holder with binding force", response_model=UnitOut
)
async def rule(unit: UnitKey, body: RuleIn, once: Posted, seen: Seen) -> Response:
    """Rule who has the unit; one without an entry needs a limit."""
    holder = OrganisationCode(body.holder)

    flow = partial(dispatching.rule, holder=holder, limit=body.limit)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post("/{unit}:resolve", summary="处置反馈(办结): the work is done", response_model=UnitOut)
async def resolve(unit: UnitKey, body: ResolveIn, once: Posted, seen: Seen) -> Response:
    """Report the work done, with what shows it."""
    flow = partial(casework.act, action=Action.RESOLVE)
    return await work(unit, once, flow, seen=seen, reason=body.reason, attached=body.attachments)


PLAIN = {
    Action.ACCEPT: "签收: take the unit on",
    Action.START: "开始处置: work has begun",
    Action.RETURN: "退回: give it back to the centre, with the reason",
    Action.VERIFY: "核查通过: the resolution holds; closes the unit by default",
    Action.REWORK: "返工: the resolution does not hold, with the reason",
    Action.CLOSE: "结案: close a verified unit",
    Action.DECLINE: "不予立案: nothing to be done, with the reason",
    Action.CANCEL: "作废: cancel the unit and its open tasks, with the reason",
}


for _action, _summary in PLAIN.items():
    plain(router, _action, _summary, partial(casework.act, action=_action))


@router.post("/{unit}:note", summary="备注: add a line to the log", response_model=UnitOut)
async def note(unit: UnitKey, body: Said, once: Posted) -> Response:
    """Add a note; it changes nothing that a caller must have seen."""
    flow = partial(casework.act, action=Action.NOTE)
    return await work(unit, once, flow, reason=body.reason)


@router.post("/{unit}:attach", summary="附件: attach what was uploaded", response_model=UnitOut)
async def attach(unit: UnitKey, body: AttachIn, once: Posted) -> Response:
    """Attach uploads of the caller's organisation; what a caller must have seen stays as it is."""
    return await work(unit, once, casework.attach, reason=body.reason, attached=body.attachments)

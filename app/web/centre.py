"""The centre (中心): what waits on a body's desk, worked through view by view."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from app.api import bulk, queues
from app.api.queues import CountsQuery, QueueQuery, ViewCount
from app.api.unit_models import UnitPage
from app.domain import sight
from app.domain.claim import LEASE
from app.domain.need import Need
from app.domain.organisation import Organisation, OrganisationKind
from app.domain.queue import ACROSS, STATES
from app.web import centre_duty, centre_requests
from app.web.centre_desk import CentreQuery, Desk
from app.web.routing import pages
from app.web.visitor import Visiting

router = pages("/centre")

MOST_TICKED: Final = 200
_IN_A_FORM: Final = frozenset({Need.REASON, Need.UNTIL})
"""What many units can be given at once."""
Asked = Annotated[CentreQuery, Query()]


@router.get("")
async def own_desk(me: Visiting, asked: Asked) -> Response:
    """Show the desk of whom the visitor works for."""
    return await _shown(Desk(me, me.organisation, asked))


@router.get("/{code}")
async def desk(code: str, me: Visiting, asked: Asked) -> Response:
    """Show a body's desk."""
    return await _shown(Desk(me, sight.within(code, me.caller, me.rulebook), asked))


@router.get("/{code}/bulk")
async def many(
    code: str, me: Visiting, unit: Annotated[list[UUID], Query(max_length=MOST_TICKED)]
) -> Response:
    """Show what may be done to all the units that were ticked."""
    sight.within(code, me.caller, me.rulebook)
    offer = await bulk.offered(unit, me.service, me.caller)
    actions = [one for one in offer.actions if set(one.needs) <= _IN_A_FORM]
    return me.page("centre_bulk.html", units=offer.units, actions=actions)


@router.get("/{code}/duty")
async def duty(code: str, me: Visiting) -> Response:
    """Show who is on duty now, on a page that has been open for long."""
    body = sight.within(code, me.caller, me.rulebook)
    on_duty = centre_duty.of(body, me.rulebook, me.now)
    return me.page("centre_duty.html", code=body.code, duty=on_duty)


async def _shown(desk: Desk) -> Response:
    me, body = desk.me, desk.body
    wanted = CountsQuery(subtree=desk.is_subtree)
    counted = (await queues.get_counts(body.code, me.service, me.caller, wanted)).items
    requests = await centre_requests.listed(desk) if desk.shows_requests else None
    page = None if requests else await _page(desk)
    values: dict[str, Any] = {
        "desk": desk,
        "counts": {one.view: one for one in counted},
        "all": _all(counted),
        "STATES": tuple(STATES),
        "ACROSS": ACROSS,
        "requests": requests,
        "page": page,
        "ended": 0 if requests else await centre_requests.of_ended(desk),
        "LEASE": LEASE,
    }
    if me.is_partial:
        return me.page("centre_refresh.html", **values)
    over, others = desk.near()
    values |= {
        "code": body.code,
        "duty": centre_duty.of(body, me.rulebook, me.now),
        "over": over,
        "others": others,
        "kind": _kind(body),
    }
    return me.page("centre.html", **values)


async def _page(desk: Desk) -> UnitPage:
    asked = desk.asked
    wanted = QueueQuery(
        view=asked.view, subtree=desk.is_subtree, mine=asked.mine, cursor=asked.cursor
    )
    return await queues.get_page(desk.body.code, desk.me.request, desk.me.caller, wanted)


def _all(counted: list[ViewCount]) -> tuple[int, int]:
    """Return how much is open, and how much of it is late: each unit is in one view of these."""
    found = [one for one in counted if one.view in STATES]
    return sum(one.units for one in found), sum(one.overdue for one in found)


def _kind(body: Organisation) -> tuple[str, str]:
    """Return what the page is called for this sort of body."""
    if body.kind is OrganisationKind.CENTRE:
        return "中心待办", "Centre"
    return "单位待办", "Desk"

"""Work on one unit: found within the caller's scope, moved by a flow, rendered as it then is."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from app.api import render
from app.api.claim_models import claim_of
from app.api.exhibits import ExhibitIn, exhibits
from app.api.models import Said
from app.api.once import Once, Posted
from app.api.request import Seen, Witness
from app.api.service import Service
from app.api.unit_models import UnitOut
from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.claim import is_live
from app.domain.unit import Unit, UnitId
from app.flows.casework import Order, in_sight, unknown
from app.flows.rulebook import Library
from app.store import accounts, units
from app.store.database import Tx

Flow = Callable[[Tx, Library, Order], Awaitable[Unit]]
"""What is done to a unit."""

UnitKey = str
"""A unit's id or its number."""


async def seen_unit(tx: Tx, key: UnitKey, caller: Caller, service: Service) -> Unit:
    """Return a unit within the caller's scope; raises NotFound."""
    rulebook = service.library.current(service.now()).rulebook
    found = next(iter(await units.read(tx, [await unit_id(tx, key)])), None)
    if found is None or not in_sight(found, caller, rulebook):
        raise unknown()
    return found


async def unit_id(tx: Tx, key: UnitKey) -> UnitId:
    """Return the id of a unit, which only its number must be looked up for; raises NotFound."""
    try:
        return UnitId(UUID(key))
    except ValueError:
        found = await units.by_number(tx, key)
    if found is None:
        raise unknown()
    return found


async def work(
    key: UnitKey,
    once: Once,
    flow: Flow,
    *,
    seen: Witness | None = None,
    reason: str,
    attached: Sequence[ExhibitIn] = (),
) -> Response:
    """Run one flow on a unit in one transaction and answer with what it left."""
    service, caller = once.service, once.caller
    async with once.transaction() as doing:
        found = await unit_id(doing.tx, key)
        order = Order(
            found,
            seen.version if seen else 0,
            caller,
            service.now(),
            reason,
            exhibits=exhibits(attached),
            token=seen.token if seen else None,
        )
        done = await flow(doing.tx, service.library, order)
        names = await claimers(doing.tx, [done], order.at)
        hand = claim_of(done, caller, order.at, names.get(done.id))
        shown = render.unit(done, service.library.current(order.at).rulebook, order.at, hand)
        return doing.answer(shown, headers={"ETag": f'"{done.version}"'})


async def claimers(tx: Tx, shown: Iterable[Unit], now: datetime) -> dict[UnitId, str]:
    """Return the names of who has units in hand now."""
    held = {unit.id: unit.claimed_by for unit in shown if unit.claimed_by and is_live(unit, now)}
    names = await accounts.names(tx, list(held.values())) if held else {}
    return {unit: names[account] for unit, account in held.items() if account in names}


def plain(router: APIRouter, action: Action, summary: str, flow: Flow) -> None:
    """Add the route of an action that takes nothing but a reason."""

    async def endpoint(unit: UnitKey, body: Said, once: Posted, seen: Seen) -> Response:
        return await work(unit, once, flow, seen=seen, reason=body.reason)

    router.add_api_route(
        f"/{{unit}}:{action}",
        endpoint,
        methods=["POST"],
        summary=summary,
        name=action.value,
        response_model=UnitOut,
    )

"""The Unit page: one unit with all that is known of it, and what may be done to it now."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from app.api import clocks, units
from app.api.models import Named, Paging
from app.api.request import cursor_of
from app.api.unit_models import Numbered, UnitDetail
from app.api.work import UnitKey, seen_unit
from app.domain.action import Action
from app.domain.evidence import FileType
from app.domain.explain.passage import Subject
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode
from app.domain.unit import UnitId
from app.flows.casework import in_sight
from app.store import units as unit_store
from app.web import actions, picks, unit_log, unit_place, unit_turn
from app.web.act_words import OTHER
from app.web.actions import Likely
from app.web.fields import Option
from app.web.routing import pages
from app.web.unit_log import SHOWN
from app.web.visitor import Visiting, Visitor

router = pages("/units")

LONGEST: Final = 150
"""Lines of a log that an open page has before it begins anew with the last ones."""
_PICKED_BY_REASON: Final = frozenset({Action.FILE, Action.RECLASSIFY, Action.MERGE})
_IMAGES: Final = frozenset({FileType.JPEG, FileType.PNG, FileType.WEBP})
"""What every browser shows."""
_WHY: Final = (Subject.HOLDER, Subject.DISPUTE, Subject.BASIS)
"""What says why just this holder."""
Seq = Annotated[int, Query(ge=0, le=2**31 - 1)]


@router.get("/{unit}")
async def page(unit: UnitKey, request: Request, me: Visiting) -> Response:
    """Show a unit."""
    return me.page("unit.html", **await _whole(unit, request, me))


@router.get("/{unit}/body")
async def body(unit: UnitKey, request: Request, me: Visiting, since: Seq = 0) -> Response:
    """Show a unit anew to a page that has its log from a line on."""
    return me.page("unit_body.html", **await _whole(unit, request, me, since=since))


@router.get("/{unit}/panel")
async def panel(unit: UnitKey, request: Request, me: Visiting) -> Response:
    """Show a unit in short, with what may be done to it now."""
    found = await units.get_unit(unit, me.service, me.caller, Response())
    return me.page("unit_panel.html", **await _acting(found, request, me))


@router.get("/{unit}/log")
async def log(unit: UnitKey, me: Visiting, before: Seq) -> Response:
    """Show the lines of a log that come before one."""
    found = await _log(unit, max(0, before - SHOWN), before, me)
    return me.page("unit_older.html", shows_lines=True, **found)


async def _whole(unit: str, request: Request, me: Visitor, *, since: int = 0) -> dict[str, Any]:
    found = await units.get_unit(unit, me.service, me.caller, Response())
    key = str(found.id)
    async with me.service.database.reading() as tx:
        steps = (await seen_unit(tx, key, me.caller, me.service)).steps
    first = since if since and steps - since < LONGEST else max(0, steps - SHOWN)
    stories = await clocks.get_clocks(key, request, me.service, me.caller)
    told = await units.get_explanation(key, request, me.service, me.caller)
    shown = await units.get_attachments(key, me.service, me.caller)
    return {
        **await _acting(found, request, me),
        **await _log(key, first, steps, me),
        "kin": await _kin(found, me),
        "clocks": stories.items,
        "why": [one for one in told.topics if one.topic in _WHY],
        "topics": [one for one in told.topics if one.topic not in _WHY],
        "images": [one for one in shown.items if one.type in _IMAGES],
        "documents": [one for one in shown.items if one.type not in _IMAGES],
        "spot": unit_place.of_unit(found, me.rulebook.areas),
        "stops": _stops(found, me),
        "raised": [_name(code, me) for code in found.raised],
        "desk": unit_turn.desk(found),
    }


async def _log(unit: str, after: int, until: int, me: Visitor) -> dict[str, Any]:
    """Return the lines of a log between two, the newest first, and what comes before them."""
    asked = Paging(cursor=cursor_of(after), limit=max(1, min(until - after, LONGEST)))
    found = await units.get_steps(unit, me.service, me.caller, asked)
    return {
        "lines": unit_log.lines(found.items, me)[::-1],
        "before": after,
        "of": unit,
    }


async def _acting(found: UnitDetail, request: Request, me: Visitor) -> dict[str, Any]:
    """Return what the part with the actions is filled with."""
    forms = actions.forms(found, me, await _likely(found, request, me))
    return {
        "unit": found,
        "forms": forms,
        "turn": unit_turn.told(found, forms, me),
        "place": unit_place.words(found.place),
        "OTHER": OTHER,
    }


async def _likely(found: UnitDetail, request: Request, me: Visitor) -> Likely:
    """Return what the judgement of the report suggests: entries, and units of the same matter."""
    if not _PICKED_BY_REASON & {one.action for one in found.actions}:
        return {}
    told = await units.get_explanation(str(found.id), request, me.service, me.caller)
    seen = told.reasons.get("classification", {}).get("candidates", ())
    codes = [EntryCode(one["entry"]) for one in seen]
    entries = [me.rulebook.list[code] for code in codes if code in me.rulebook.list]
    similar = [UUID(str(one["unit"])) for one in told.reasons.get("similar", ())]
    others = await _others(similar, me)
    return {
        "entry": [picks.entry(one) for one in entries],
        "into": [
            Option(str(one.id), f"{one.number} {title}")
            for one, title in others.values()
            if not one.state.is_final
        ],
    }


async def _others(ids: list[UUID], me: Visitor) -> dict[UUID, tuple[Numbered, str]]:
    """Return other units with their titles, those that are in sight."""
    if not ids:
        return {}
    async with me.service.database.reading() as tx:
        found = await unit_store.read(tx, [UnitId(one) for one in ids])
    return {
        one.id: (Numbered(id=one.id, number=one.number, state=one.state), one.title)
        for one in found
        if in_sight(one, me.caller, me.rulebook)
    }


async def _kin(found: UnitDetail, me: Visitor) -> dict[str, tuple[Numbered, str]]:
    """Return the units that this one is a task of, was merged into, or has come back from."""
    named = {"parent": found.parent, "merged_into": found.merged_into, "recurs": found.recurs}
    others = await _others([one for one in named.values() if one], me)
    return {how: others[one] for how, one in named.items() if one in others}


def _stops(found: UnitDetail, me: Visitor) -> list[tuple[Named, str]]:
    """Return the bodies from the city down to the holder, each with its tier's name."""
    bodies, stops = me.rulebook.organisations, found.route
    if all(one.code != found.holder.code for one in stops):
        stops = [*stops, found.holder]
    known = [(one, bodies.get(OrganisationCode(one.code))) for one in stops]
    return [(one, me.reader.word(body.tier) if body else "") for one, body in known]


def _name(code: str, me: Visitor) -> str:
    body = me.rulebook.organisations.get(OrganisationCode(code))
    return body.name if body else code

"""Versions of the rulebook and drafts: who made them, when, and what they change of the list."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Query
from starlette.responses import Response

from app.api import drafts as drafts_api
from app.api import rulebooks as rulebooks_api
from app.api.models import Paging
from app.domain.revision import Deed, Revision, revisions
from app.domain.rulebook import Part
from app.flows.drafts import CURRENT
from app.flows.rulebook import NEEDED
from app.flows.versions import VersionState
from app.web import list_books as books
from app.web import list_fields
from app.web.list_books import SHOWN, Blank, Number
from app.web.list_fields import Change
from app.web.pages import Reader
from app.web.routing import pages
from app.web.visitor import Visiting, Visitor

SOON: Final = timedelta(seconds=30)
"""A version that comes into force so soon is looked at until it has."""

router = pages("/lists")


class Shown(Paging):
    """What a version is compared with, and which part of the differences is shown."""

    against: books.Name = ""
    deed: Annotated[Deed | None, Blank] = None
    page: Number = 1


@router.get("/versions")
async def list_versions(me: Visiting, asked: Annotated[Paging, Query()]) -> Response:
    """Show the versions, the newest first."""
    found = await rulebooks_api.list_rulebooks(me.service, me.caller, asked)
    return me.page("list_versions.html", found=found, **_common(me, "versions", CURRENT))


@router.get("/versions/{name}")
async def show_version(name: str, me: Visiting, asked: Annotated[Shown, Query()]) -> Response:
    """Show a version with what it changed of the list, and what may be done with it."""
    one = await rulebooks_api.get_rulebook(name, me.service, me.caller)
    is_in_force = one.state is VersionState.IN_FORCE
    # What a first version changed is everything: there it is asked what going back would change.
    against = asked.against or str(one.base or "") or ("" if is_in_force else CURRENT)
    return me.page(
        "list_version.html",
        one=one,
        against=against,
        diff=await _diff(me, one.name, against, asked),
        restorable=NEEDED,
        can_roll_back=one.state is VersionState.PAST,
        can_withdraw=one.state is VersionState.SCHEDULED,
        is_soon=one.state is VersionState.SCHEDULED
        and one.in_force_at is not None
        and one.in_force_at - me.now < SOON,
        **_common(me, "versions", one.name),
    )


@router.get("/drafts")
async def list_drafts(me: Visiting, asked: Annotated[Paging, Query()]) -> Response:
    """Show the drafts, the newest first, and take a new sheet."""
    found = await drafts_api.list_drafts(me.service, me.caller, asked)
    return me.page(
        "list_drafts.html", found=found, all_parts=tuple(Part), **_common(me, "drafts", CURRENT)
    )


@router.get("/drafts/{name}")
async def show_draft(name: str, me: Visiting, asked: Annotated[Shown, Query()]) -> Response:
    """Show a draft: what it changes, what to try, and how to publish it."""
    one = await rulebooks_api.get_rulebook(name, me.service, me.caller)
    against = asked.against or CURRENT
    return me.page(
        "list_draft.html",
        one=one,
        against=against,
        diff=await _diff(me, one.name, against, asked),
        **_common(me, "drafts", one.name),
    )


def _common(me: Visitor, tab: str, version: str) -> dict[str, Any]:
    return {
        **books.shared(me, tab, version),
        "state": lambda one: books.state(one, me.reader),
        "title": lambda name: books.title(name, me.reader),
        "is_in_force": lambda one: one.state is VersionState.IN_FORCE,
    }


class Difference(NamedTuple):
    """An entry that differs, with the fields that do."""

    revision: Revision
    changes: list[Change]


class Diff(NamedTuple):
    """What differs between two lists: how much of each sort, and a page of it."""

    counts: dict[Deed, int]
    chosen: Deed | None
    total: int
    page: int
    shown: list[Difference]


async def _diff(me: Visitor, name: str, against: str, asked: Shown) -> Diff | None:
    """Return what a rulebook makes of another's list; nothing of what the first one is made of."""
    if not against:
        return None
    before = await books.entries(me, against)
    after = await books.entries(me, name)
    found = revisions(before.values(), after.values())
    counted = Counter(one.deed for one in found)
    chosen = [one for one in found if asked.deed in {None, one.deed}]
    begin = (asked.page - 1) * SHOWN
    return Diff(
        {deed: counted[deed] for deed in Deed},
        asked.deed,
        len(chosen),
        asked.page,
        [_difference(one, me.reader) for one in chosen[begin : begin + SHOWN]],
    )


def _difference(one: Revision, reader: Reader) -> Difference:
    if one.before is None:
        return Difference(one, [])
    return Difference(one, list_fields.changes(one.before, one.entry, one.fields, reader))

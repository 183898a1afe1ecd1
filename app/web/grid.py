"""The grid worker's page: a shell that needs no network, and what it must know of its reader."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.api import render
from app.api.models import Named, OrganisationOut
from app.api.request import Calling, Services
from app.domain.action import Action
from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.authority import AUTHORITY, REPORTERS, SELF_HANDLERS, Relation, Role
from app.domain.evidence import Phase
from app.domain.lifecycle import TRANSITIONS
from app.domain.responsibility import Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import Grade, Light, State
from app.web.assets import ASSETS, Asset, address
from app.web.pages import POLICY, Reader
from app.web.routing import pages
from app.web.visitor import Visiting

HOME: Final = "/grid"
MOST_PLACES: Final = 400
"""So many areas a phone offers to choose from at most."""
OFFLINE: Final = (Action.ACCEPT, Action.START, Action.RESOLVE, Action.RETURN)
"""What a phone offers without having asked the service what may be done."""
_SPOKEN: Final[Sequence[type[StrEnum]]] = (State, Light, Urgency, Action, Grade, Phase)
_FOR_EVER: Final = "public, max-age=31536000, immutable"

router = pages(HOME)
data = APIRouter(prefix=HOME, include_in_schema=False)


def _bundle(*names: str, head: str = "") -> Asset:
    """Return several scripts as one: a request on a bad line costs more than its bytes."""
    content = b"\n".join((head.encode(), *(ASSETS[name].content for name in names)))
    version = sha256(content).hexdigest()[:12]
    return Asset(content, gzip.compress(content, 9, mtime=0), ASSETS[names[0]].media_type, version)


_SHARED: Final = ("grid-keep.js", "grid-send.js")
_PAGE: Final = _bundle(
    *_SHARED, "grid-draw.js", "grid-report.js", "grid-outbox.js", "grid-units.js", "grid.js"
)
PAGE_ADDRESS: Final = f"{HOME}/page.js?v={_PAGE.version}"
_NEEDED: Final = (PAGE_ADDRESS, address("grid.css"), address("icon.svg"))
_TEMPLATE: Final = Path(__file__).parent / "templates" / "grid.html"


def spoken(reader: Reader) -> Mapping[str, Mapping[str, str]]:
    """Return what codes are called, for the script to say."""
    return {
        sort.__name__.lower(): {code.value: reader.word(code) for code in sort} for sort in _SPOKEN
    }


def moves() -> Mapping[str, Mapping[str, Any]]:
    """Return what may usually be done by who holds a unit, where nobody can be asked."""
    found: dict[str, dict[str, Any]] = {}
    for (state, action), move in TRANSITIONS.items():
        roles = AUTHORITY.get(action, {}).get(Relation.HOLDER, frozenset())
        if action in OFFLINE and Role.GRID_WORKER in roles:
            found.setdefault(state, {})[action] = {"to": move.to, "needs": sorted(move.needs)}
    return found


def _version() -> str:
    """Return what changes whenever the shell does: the worker fetches it anew then."""
    made = "\n".join((*_NEEDED, repr(moves())))
    return sha256(_TEMPLATE.read_bytes() + made.encode()).hexdigest()[:12]


_WORKER: Final = _bundle(
    *_SHARED,
    "grid-worker.js",
    head=f"const VERSION = {orjson.dumps(_version()).decode()};\n"
    f"const NEEDED = {orjson.dumps(_NEEDED).decode()};",
)


@router.get("")
async def shell(me: Visiting) -> Response:
    """Show the shell: the same for everybody, for a phone keeps it."""
    return me.page("grid.html", words=spoken(me.reader), moves=moves(), page=PAGE_ADDRESS)


@data.get("/page.js")
async def page_script(request: Request) -> Response:
    """Serve the page's script."""
    is_pinned = request.query_params.get("v") == _PAGE.version
    return _PAGE.response(request, _FOR_EVER if is_pinned else "no-cache")


@data.get("/worker.js")
async def worker(request: Request) -> Response:
    """Serve the service worker, which may answer for the page itself."""
    answer = _WORKER.response(request, "no-cache")
    answer.headers["Service-Worker-Allowed"] = HOME
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


class MeOut(BaseModel):
    """Who holds the phone, and what they need to know to report."""

    account: str
    name: str
    organisation: Named
    centre: OrganisationOut
    """The centre above, with its telephone and who is on duty there."""
    places: list[Named]
    may_report: bool
    may_handle: bool
    is_grid_worker: bool
    rulebook: int
    """The version that `/grid/categories` tells the categories of."""


class GroupOut(BaseModel):
    """The categories of one class: of each its code and its name."""

    scheme: str
    class_: str
    categories: list[tuple[str, str]]


class CategoriesOut(BaseModel):
    """What a report may be said to be, by which version."""

    rulebook: int
    groups: list[GroupOut]


@data.get("/me")
async def about_me(request: Request, service: Services, caller: Calling) -> Response:
    """Tell a phone who holds it; it asks before it sends anything in somebody's name."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    body = rulebook.organisations[caller.organisation]
    centre = rulebook.organisations.centre_above(body, rulebook.areas)
    told = MeOut(
        account=str(caller.account),
        name=caller.name,
        organisation=render.named(body.code, rulebook),
        centre=render.organisation(centre.code, rulebook, now),
        places=[_place(area, rulebook.areas) for area in places_of(body.area, rulebook)],
        may_report=bool(caller.roles & REPORTERS),
        may_handle=bool(caller.roles & SELF_HANDLERS),
        is_grid_worker=caller.roles <= {Role.GRID_WORKER, Role.REPORTER},
        rulebook=rulebook.version,
    )
    # A phone's clock is nobody's: times are shown, and reports dated, by the service's own.
    return _told(request, told, {"Yiguan-Now": now.isoformat()})


@data.get("/categories")
async def categories(request: Request, service: Services, caller: Calling) -> Response:
    """Tell what a report may be said to be; anybody with a key may ask."""
    del caller
    rulebook = service.library.current(service.now()).rulebook
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for code, entry in rulebook.list.items():
        if code not in rulebook.list.asleep:
            one = entry.category
            groups.setdefault((one.scheme, one.class_), {})[one.code] = entry.category_name
    told = CategoriesOut(
        rulebook=rulebook.version,
        groups=[
            GroupOut(scheme=scheme, class_=class_, categories=list(found.items()))
            for (scheme, class_), found in groups.items()
        ],
    )
    return _told(request, told)


def places_of(code: AreaCode, rulebook: Rulebook) -> Iterator[Area]:
    """Yield the areas a report may name: the reporter's own, those below, those around."""
    *around, own = rulebook.areas.path(code)
    found = [own]
    for area in found:
        if area.tier.rank >= Tier.STREET.rank or area is own:
            found += rulebook.areas.below(area.code)
    yield from found[:MOST_PLACES]
    yield from (area for area in reversed(around) if area.tier.rank >= Tier.STREET.rank)


def _place(area: Area, areas: Areas) -> Named:
    path = areas.path(area.code)
    return Named(code=area.code, name=" ".join(one.name for one in path[-2:]))


def _told(
    request: Request, told: BaseModel, more: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Answer briefly if the phone knows it already."""
    body = told.model_dump_json().encode()
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-store", **more}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 6)
    return Response(body, headers=headers, media_type="application/json")

"""The rulebooks that the pages of the lists are about: which of them, and who may change them."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request

from app.api.models import Strict
from app.api.rulebooks import reader
from app.api.version_models import VersionOut
from app.domain.errors import DomainError
from app.domain.responsibility import Entry, ResponsibilityList
from app.domain.rulebook import Part
from app.flows import versions
from app.flows.access import refuse_publisher, refuse_reader
from app.flows.drafts import CURRENT
from app.flows.versions import VERSION_STATE
from app.store import parts, rulebooks
from app.web.list_fields import function
from app.web.pages import Reader
from app.web.visitor import Visitor

SHOWN: Final = 50
"""Lines of a page."""


def _none(value: object) -> object:
    return None if value == "" else value


Blank = BeforeValidator(_none)
"""A field that a form leaves empty was not given."""
Name = Annotated[str, StringConstraints(max_length=12)]
"""A rulebook's name: `current`, a version such as 17, or a draft such as d3."""
Number = Annotated[int, Field(ge=1, le=100_000)]


class Named(Strict):
    """Which rulebook a page is about."""

    version: Name = CURRENT


class Rights(NamedTuple):
    """What somebody may do with the rulebook."""

    reads: bool
    publishes: bool


def rights(me: Visitor) -> Rights:
    """Return what a visitor may do with versions and drafts."""
    return Rights(_may(refuse_reader, me), _may(refuse_publisher, me))


def _may(refuse: Any, me: Visitor) -> bool:
    try:
        refuse(me.caller, me.rulebook)
    except DomainError:
        return False
    return True


async def entries(me: Visitor, name: str) -> ResponsibilityList:
    """Return the list of a rulebook, as of today; anybody may read the one in force.

    Raises Forbidden, NotFound.
    """
    if name == CURRENT:
        return me.rulebook.list
    reader(me.service, me.caller)
    async with me.service.database.reading() as tx:
        version = await versions.find(tx, name, now=me.now)
        number = version.parts.get(Part.LIST)
        if number is None:
            return me.rulebook.list
        content = await rulebooks.part_content(tx, Part.LIST, number)
    found: Iterable[Entry] = await asyncio.to_thread(parts.decode, Part.LIST, content)
    return ResponsibilityList(found, me.reader.local(me.now).date())


def title(name: str, say: Reader) -> str:
    """Return what a rulebook is called."""
    if name == CURRENT:
        return say.say("现行版本", "the version in force")
    if name.startswith("d"):
        return say.say(f"草稿 {name}", f"draft {name}")
    return say.say(f"第 {name} 版", f"version {name}")


def state(version: VersionOut, say: Reader) -> str:
    """Return what the state of a version is called."""
    return say.say(*VERSION_STATE[version.state])


def address(request: Request, **changes: object) -> str:
    """Return the query of the page that is shown, with other values for some of it."""
    return f"?{request.url.include_query_params(**changes).query}"


def shared(me: Visitor, tab: str, version: str) -> dict[str, Any]:
    """Return what every page of the lists needs."""
    return {
        "tab": tab,
        "version": version,
        "book": title(version, me.reader),
        "rights": rights(me),
        "size": SHOWN,
        "at": lambda **changes: address(me.request, **changes),
        "function": lambda code: function(code, me.reader),
    }

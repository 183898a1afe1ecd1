"""Visitors: who looks at a page, what they may see, and the language they read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import Response

from app.api.problems import LANGUAGE
from app.api.request import caller_of
from app.api.service import Service
from app.domain import sight
from app.domain.authority import Caller, Role, Scope
from app.domain.errors import Unauthenticated
from app.domain.organisation import Organisation
from app.domain.rulebook import Rulebook
from app.web.pages import Reader, shown

LANGUAGE_COOKIE: Final = "lang"
ENGLISH: Final = "en"


class SignInNeeded(Exception):
    """Nobody is signed in; `path` is where they wanted to go."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def address(self) -> str:
        """Return where to sign in, to come back then."""
        return f"/sign-in?next={quote(self.path, safe='/')}"


@dataclass(frozen=True, slots=True)
class Aside:
    """A link beside everybody's name: what only this process has, such as a demo."""

    href: str
    zh: str
    en: str


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, at one moment."""

    request: Request
    service: Service
    caller: Caller
    rulebook: Rulebook
    now: datetime
    reader: Reader

    @cached_property
    def organisation(self) -> Organisation:
        """Return whom they work for."""
        return self.rulebook.organisations[self.caller.organisation]

    @cached_property
    def scope(self) -> Scope:
        """Return what they may see."""
        return sight.of_caller(self.caller, self.rulebook)

    @property
    def aside(self) -> Aside | None:
        """Return the link of its own that this process has, if any."""
        return getattr(self.request.app.state, "aside", None)

    @property
    def is_grid_worker(self) -> bool:
        """Tell whether they are on their rounds, and nothing but that."""
        return self.caller.roles <= {Role.GRID_WORKER, Role.REPORTER}

    @property
    def is_partial(self) -> bool:
        """Tell whether a page that is open already asks for a part of it."""
        return "hx-request" in self.request.headers

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """Return a page, or a part of one, as this visitor reads it."""
        return shown(template, self.reader, status=status, headers=headers, me=self, **values)


def reader_of(request: Request, zone: str) -> Reader:
    """Return how to write for whoever asks: in Chinese, unless they have chosen English."""
    chinese = request.cookies.get(LANGUAGE_COOKIE) != ENGLISH
    setattr(request.state, LANGUAGE, "zh" if chinese else ENGLISH)
    service = Service.of(request)
    url = request.url
    return Reader(is_chinese=chinese, zone=zone, now=service.now(), path=url.path, query=url.query)


async def visitor_of(request: Request) -> Visitor:
    """Return who is signed in; raises SignInNeeded."""
    service = Service.of(request)
    now = service.now()
    rulebook = service.library.current(now).rulebook
    reader = reader_of(request, rulebook.calendar.zone)
    try:
        caller = await caller_of(request)
    except Unauthenticated:
        path = request.url.path
        raise SignInNeeded(f"{path}?{request.url.query}" if request.url.query else path) from None
    return Visitor(request, service, caller, rulebook, now, reader)


Visiting = Annotated[Visitor, Depends(visitor_of)]

"""The entrance: signing in with a key, signing out, and the language."""

import time
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from app.api.service import Service
from app.api.sessions import COOKIE, LASTS, refuse_foreign
from app.domain.errors import DomainError
from app.web.pages import Reader, shown
from app.web.routing import pages
from app.web.visitor import ENGLISH, LANGUAGE_COOKIE, Visiting, reader_of

LONGEST = 4096
"""Bytes of a form that holds a key."""
Next = Annotated[str, Query(max_length=2000)]

router = pages()


@router.get("/")
async def home(me: Visiting) -> Response:
    """Lead everybody to where their work is."""
    return led("/grid" if me.is_grid_worker else "/screen")


@router.get("/sign-in")
async def sign_in_page(request: Request, next: Next = "/") -> Response:  # noqa: A002  (its name in the address)
    """Ask for the key."""
    return _asked(here(request), next)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begin a session, if the key is known."""
    refuse_foreign(request)
    reader, service = here(request), Service.of(request)
    form = parse_qs((await request.body())[:LONGEST].decode("utf-8", "replace"))
    secret, target = form.get("key", [""])[0].strip(), form.get("next", ["/"])[0]
    now = service.now()
    try:
        await service.keyring.caller(f"Bearer {secret}", now=now, tick=time.monotonic())
    except DomainError as error:
        return _asked(reader, target, error=reader.say(error.zh, error.en), status=401)
    return admitted(request, secret, led(_own(target)))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    refuse_foreign(request)
    answer = led("/sign-in")
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


@router.get("/language")
async def language(to: str, next: Next = "/") -> Response:  # noqa: A002  (its name in the address)
    """Choose the language, and go on where one was."""
    answer = led(_own(next))
    chosen = ENGLISH if to == ENGLISH else "zh"
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=int(LASTS.total_seconds()), samesite="lax")
    return answer


def admitted(request: Request, secret: str, answer: Response) -> Response:
    """Begin the session of who has a key, with an answer."""
    service = Service.of(request)
    answer.set_cookie(
        COOKIE,
        service.sessions.begin(secret, service.now()),
        max_age=int(LASTS.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def here(request: Request) -> Reader:
    """Return how to write for whoever asks, signed in or not."""
    service = Service.of(request)
    return reader_of(request, service.library.current(service.now()).rulebook.calendar.zone)


def _asked(reader: Reader, target: str, *, error: str = "", status: int = 200) -> Response:
    return shown("sign_in.html", reader, status=status, target=_own(target), error=error)


def _own(target: str) -> str:
    """Return an address of ours alone: no page sends anybody elsewhere."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_ours and target.isprintable() else "/"


def led(target: str) -> RedirectResponse:
    """Lead to a page, whatever was asked for."""
    return RedirectResponse(target, 303)

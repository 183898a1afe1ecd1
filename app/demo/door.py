"""The door: who runs the demo steps into the played city as anybody of its cast, without a key.

Only a demo opens it, and only for whoever has the address it printed: that holds a secret
made for this one run.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import Cookie, FastAPI, Request
from starlette.responses import Response

from app.api.sessions import refuse_foreign
from app.demo.cast import Character
from app.demo.people import People, name_of
from app.domain.errors import NotFound
from app.web.entrance import LONGEST, admitted, here, led
from app.web.pages import shown
from app.web.routing import pages
from app.web.visitor import Aside

COOKIE: Final = "yiguan_demo"
PATH: Final = "/demo"

Pass = Annotated[str, Cookie(alias=COOKIE)]


@dataclass
class Door:
    """Lets in who knows the secret; the first of the cast is whom they begin as."""

    people: People
    cast: Sequence[Character]
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody has come in."""
    _secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def path(self) -> str:
        """Return the address that leads in, on this service."""
        return f"{PATH}/{self._secret}"

    def install(self, app: FastAPI) -> None:
        """Have an application show the door, and every page lead back to it."""
        router = pages(PATH)
        router.add_api_route("", self.choose, methods=["GET"])
        router.add_api_route("", self.change, methods=["POST"])
        router.add_api_route("/{secret}", self.enter, methods=["GET"])
        app.include_router(router)
        app.state.aside = Aside(PATH, "换人看", "Look as another")

    async def enter(self, secret: str, request: Request) -> Response:
        """Come in."""
        self._refuse(secret)
        answer = await self._as(self.cast[0], request)
        answer.set_cookie(COOKIE, secret, path=PATH, httponly=True, samesite="lax")
        self.entered.set()
        return answer

    async def choose(self, request: Request, known: Pass = "") -> Response:
        """Ask as whom to look."""
        self._refuse(known)
        cast = [(one, name_of(one.code, one.duty)) for one in self.cast]
        return shown("demo.html", here(request), cast=cast)

    async def change(self, request: Request, known: Pass = "") -> Response:
        """Look as somebody else."""
        refuse_foreign(request)
        self._refuse(known)
        form = parse_qs((await request.body())[:LONGEST].decode("utf-8", "replace"))
        code = form.get("code", [""])[0]
        chosen = next((one for one in self.cast if one.code == code), self.cast[0])
        return await self._as(chosen, request)

    async def _as(self, character: Character, request: Request) -> Response:
        key = await self.people.key(character.code, character.kind, character.duty)
        return admitted(request, key, led(character.page))

    def _refuse(self, known: str) -> None:
        """Raise NotFound unless the secret is known."""
        if not secrets.compare_digest(known.encode(), self._secret.encode()):
            raise NotFound(
                zh="请用演示打印的网址进入; 每次演示的网址都不同",
                en="come in by the address that the demo has printed: each run has its own",
                field="secret",
            )

"""A POST is done once, however often it is sent under one Idempotency-Key."""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.api.request import Calling, Services
from app.api.service import Service
from app.domain.authority import Caller
from app.domain.errors import Conflict
from app.store import replies
from app.store.database import Tx
from app.store.replies import Reply

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_ASK: Final = (
    "The request's own key: sent again within 72 h, the same request is answered as it was"
    f" the first time, with `{REPLAYED}: true`"
)
_SAME: Final = ("if-match", "claim-token", "content-type")
"""Headers that make a request another one."""


class Replayed(Exception):
    """The request was done before; what was answered then is the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.request)
        self.reply = reply


class Doing:
    """The transaction a request is done in, and the answer that is kept with its effect."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.kept: Response | None = None

    def answer(
        self,
        shown: BaseModel,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        told_once: Collection[str] = (),
    ) -> Response:
        """Render the answer; the fields told once are left out of what is kept."""
        self.kept = _json(shown, status, headers, told_once)
        return _json(shown, status, headers) if told_once else self.kept


class Once:
    """One POST, by whom and under which key, if it has one."""

    def __init__(self, service: Service, caller: Caller, request: Request, key: str | None) -> None:
        self.service = service
        self.caller = caller
        self._request = request
        self._key = key

    async def recall(self) -> None:
        """Raise what `transaction` would: for what takes long to prepare outside of one."""
        if self._key is None:
            return
        digest, now = await self._digest(None), self.service.now()
        async with self.service.database.reading() as tx:
            known = await replies.find(tx, self.caller.account, self._key, now=now)
        if known is not None:
            raise _again(known, self._asked, digest)

    @asynccontextmanager
    async def transaction(self, content: bytes | None = None) -> AsyncGenerator[Doing]:
        """Open the request's one transaction; it commits with the answer when the block ends well.

        `content` stands for a body already read from its stream. Raises Replayed when the
        request was done before, Conflict when its key belongs to another one.
        """
        async with self.service.database.transaction() as tx:
            doing = Doing(tx)
            if self._key is None:
                yield doing
                return
            asked, now = self._asked, self.service.now()
            digest = await self._digest(content)
            known = await replies.take(tx, self.caller.account, self._key, now=now)
            if known is not None:
                raise _again(known, asked, digest)
            yield doing
            reply = _reply(asked, digest, doing.kept)
            await replies.put(tx, self.caller.account, self._key, reply, at=now)

    @property
    def _asked(self) -> str:
        return f"{self._request.method} {self._request.url.path}"

    async def _digest(self, content: bytes | None) -> bytes:
        """Return what tells this request from others: a digest over all that changes its effect."""
        body = sha256(await self._request.body()).digest() if content is None else content
        headers = [self._request.headers.get(name, "") for name in _SAME]
        head = "\n".join((self._asked, self._request.url.query, *headers))
        return sha256(head.encode() + b"\n" + body).digest()


def _again(known: Reply, asked: str, digest: bytes) -> Exception:
    if (known.request, known.digest) == (asked, digest):
        return Replayed(known)
    return Conflict(
        zh=f"该 {HEADER} 已用于另一请求({known.request}), 请使用新的键",
        en=f"this {HEADER} was sent with another request ({known.request}); use a new one",
        field=HEADER,
    )


def _reply(asked: str, digest: bytes, kept: Response | None) -> Reply:
    if kept is None:
        raise RuntimeError(f"{asked}: done without an answer")
    headers = {name: value for name, value in kept.headers.items() if name != "content-length"}
    return Reply(asked, digest, kept.status_code, headers, bytes(kept.body))


def _json(
    shown: BaseModel,
    status: int,
    headers: Mapping[str, str] | None,
    without: Collection[str] = (),
) -> Response:
    body = shown.model_dump_json(by_alias=True, exclude=set(without))
    return Response(body, status, headers, "application/json")


async def _once(
    request: Request,
    service: Services,
    caller: Calling,
    key: Annotated[
        str | None,
        Header(
            alias=HEADER, min_length=1, max_length=64, pattern=r"^[\x20-\x7e]+$", description=_ASK
        ),
    ] = None,
) -> Once:
    return Once(service, caller, request, key)


Posted = Annotated[Once, Depends(_once)]


def install(app: FastAPI) -> None:
    """Have a request that was done before answered as it was then."""
    app.add_exception_handler(Replayed, _replay)


async def _replay(_request: Request, replayed: Exception) -> Response:
    reply = replayed.reply if isinstance(replayed, Replayed) else None
    if reply is None:
        raise replayed
    return Response(reply.body, reply.status, {**reply.headers, REPLAYED: "true"})

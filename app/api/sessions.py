"""Sessions: a browser keeps its key sealed in a cookie, and only our own pages act with it."""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request

from app.domain.errors import Forbidden, Unavailable
from app.store.seal import Seal

COOKIE: Final = "yiguan"
LASTS: Final = timedelta(days=30)
"""Long enough for a phone that is in a pocket; a revoked key ends every session at once."""
_ABOUT: Final = b"session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Sessions:
    """Turns keys into cookies and cookies into keys; nothing of it is stored here."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def begin(self, secret: str, now: datetime) -> str:
        """Return the cookie of a session that begins now."""
        sealed = self._seal.seal(f"{(now + LASTS).isoformat()} {secret}", _ABOUT)
        return base64.urlsafe_b64encode(sealed).decode()

    def secret(self, cookie: str, now: datetime) -> str | None:
        """Return the key a cookie holds; None if it is none of ours, or has run out."""
        try:
            text = self._seal.open(base64.urlsafe_b64decode(cookie), _ABOUT)
        except (binascii.Error, ValueError, Unavailable):
            return None
        until, _, secret = text.partition(" ")
        return secret if datetime.fromisoformat(until) > now else None

    def authorization(self, request: Request, now: datetime) -> str:
        """Return the authorization a request comes with: its header's, else its session's.

        Raises Forbidden where a page of somebody else's makes a browser write with our session.
        """
        given = request.headers.get("authorization")
        cookie = None if given else request.cookies.get(COOKIE)
        if not cookie:
            return given or ""
        refuse_foreign(request)
        secret = self.secret(cookie, now)
        return f"Bearer {secret}" if secret else ""


def refuse_foreign(request: Request) -> None:
    """Raise Forbidden for a write that does not come from a page of this service.

    A browser says truly where a request comes from: by `Sec-Fetch-Site`, and over plain HTTP,
    where it leaves that out, by `Origin`.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    if site is None:
        origin = request.headers.get("origin", "").partition("://")[2]
        is_ours = bool(origin) and origin == request.headers.get("host")
    else:
        is_ours = site == "same-origin"
    if not is_ours:
        raise Forbidden(
            zh="写操作须由本系统的页面发出",
            en="a session writes from this service's own pages only",
            field="Origin",
        )

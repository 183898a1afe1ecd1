"""Refusals of the service (RFC 9457) as exceptions, in the language that the client asks for."""

import json
from collections.abc import Mapping
from typing import Any, Final


class Problem(Exception):
    """The service refused; `detail` says why, `errors` name the fields, `allowed` the way out.

    `told` is the whole problem: of a unit that others were first with, also how it stands now.
    """

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        self.status = status
        self.told = told
        self.type = str(told.get("type", "about:blank"))
        self.title = str(told.get("title", ""))
        self.detail = str(told.get("detail", ""))
        self.errors: list[Mapping[str, Any]] = list(told.get("errors", ()))
        self.allowed: list[str] = list(told.get("allowed", ()))
        super().__init__(f"{self.title}: {self.detail} ({status} {self.type})")

    @property
    def field(self) -> str | None:
        """The first field that is named as the fault."""
        return self.errors[0]["field"] if self.errors else None


class Stale(Problem):
    """The unit is not as the caller saw it: read it again (单元已发生变化)."""


class Claimed(Problem):
    """A colleague has the unit in hand (已被他人领取)."""


class ClaimLost(Problem):
    """The claim has ended or was never the caller's (领取已失效)."""


class Resync(Problem):
    """The cursor is too old: take a snapshot and go on from there (须重新同步)."""


class Unavailable(Problem):
    """The service could not do it, however often it was asked (服务暂不可用)."""


AGAIN: Final = frozenset({429, 502, 503, 504})
"""What a busy service answers, or whoever stands before one that is away."""

_KINDS: Final[Mapping[str, type[Problem]]] = {
    "/problems/stale": Stale,
    "/problems/claimed": Claimed,
    "/problems/claim-lost": ClaimLost,
    "/problems/cursor-expired": Resync,
    "/problems/unavailable": Unavailable,
    "/problems/busy": Unavailable,
}


def problem_of(status: int, body: bytes) -> Problem:
    """Return the exception an answer stands for, also one that no service of ours has written."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {"title": f"HTTP {status}", "detail": body[:200].decode(errors="replace")}
    # A proxy before the service that is away writes pages of its own.
    usual = Unavailable if status in AGAIN else Problem
    return _KINDS.get(str(told.get("type")), usual)(status, told)

"""What came of one request to somebody else's server."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EXCERPT: Final = 2048
"""Characters that are kept of what a server said."""


class Outcome(StrEnum):
    """How a request ended."""

    DELIVERED = "delivered"
    """送达: any 2xx."""
    REFUSED = "refused"
    """拒收: any other status; redirects are not followed."""
    GONE = "gone"
    """已停收: 410."""
    THROTTLED = "throttled"
    """过载: 429, 502, 503 or 504."""
    UNREACHABLE = "unreachable"
    """无法连接: no name, no connection, no valid certificate, or an answer broken off."""
    TIMED_OUT = "timed_out"
    """超时: the whole answer had not come in time."""
    FORBIDDEN = "forbidden"
    """地址不允许: its address is not one the service calls."""
    UNSENDABLE = "unsendable"
    """无法发出: the URL or a header is none."""

    @property
    def is_terminal(self) -> bool:
        """Tell whether the same request would end so again, however often."""
        return self in {Outcome.FORBIDDEN, Outcome.UNSENDABLE}


class Control(StrEnum):
    """What a receiver may ask for in the header `webhook-delivery` of its answer."""

    DISABLE = "disable"
    """停用端点: send it nothing any more."""
    ABORT = "abort-message"
    """放弃消息: do not try this message again."""


OUTCOME: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.DELIVERED: ("送达", "delivered"),
    Outcome.REFUSED: ("对方拒收", "refused"),
    Outcome.GONE: ("对方已停收", "gone"),
    Outcome.THROTTLED: ("对方过载", "throttled"),
    Outcome.UNREACHABLE: ("无法连接", "unreachable"),
    Outcome.TIMED_OUT: ("超时", "timed out"),
    Outcome.FORBIDDEN: ("地址不允许", "forbidden address"),
    Outcome.UNSENDABLE: ("无法发出", "unsendable"),
}

_OUTCOMES: Final = {410: Outcome.GONE} | dict.fromkeys((429, 502, 503, 504), Outcome.THROTTLED)


def outcome(status: int) -> Outcome:
    """Return what a status means for a message."""
    if 200 <= status <= 299:
        return Outcome.DELIVERED
    return _OUTCOMES.get(status, Outcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, or why it did not; `zh` and `en` are empty where it did."""

    outcome: Outcome
    latency: float
    """Milliseconds from the first try to connect to the last byte read."""
    status: int | None = None
    excerpt: str = ""
    """The first EXCERPT characters of the body, fit for the database."""
    retry_after: float | None = None
    """Seconds the server asks to be left alone."""
    control: Control | None = None
    zh: str = ""
    en: str = ""

    @property
    def error(self) -> str:
        """What went wrong, in both languages; empty where the server answered."""
        return f"{self.zh} / {self.en}" if self.zh else ""

    @property
    def may_be_repeated(self) -> bool:
        """Tell whether sending the message again may help, and is wanted."""
        if self.outcome in {Outcome.DELIVERED, Outcome.GONE} or self.outcome.is_terminal:
            return False
        return self.control is None

"""Marks (时限节点): at which moments of a limit something happens, and what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.limit import Basis, Limit, parse_limit
from app.domain.responsibility import Urgency

FULL: Final = 100
MOST_PERCENT: Final = 1000


class Effect(StrEnum):
    """What a mark does."""

    YELLOW = "yellow"
    """亮黄灯"""
    RED = "red"
    """亮红灯"""
    REMIND_HOLDER = "remind_holder"
    """提醒轮到办理的单位"""
    REMIND_DUTY = "remind_duty"
    """提醒其值班人员, 无人值班则提醒上级中心"""
    RAISE = "raise"
    """提级督促: 告知再上一级中心"""
    SUPERVISE = "supervise"
    """督办"""
    NOTICE = "notice"
    """通报"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a limit: a share of it, or its end with a time before or after.

    `limit` is that of the supervision it orders.
    """

    do: tuple[Effect, ...]
    percent: int = FULL
    offset: Limit | None = None
    is_before: bool = False
    limit: Limit | None = None

    @property
    def is_deadline(self) -> bool:
        """It is the end of the limit itself."""
        return self.percent == FULL and self.offset is None

    @property
    def is_early(self) -> bool:
        """It lies before the end of the limit."""
        return self.is_before or self.percent < FULL

    def shift(self, day: int) -> int:
        """Return the seconds it lies behind its share, of its offset's own kind of time."""
        if self.offset is None:
            return 0
        seconds = self.offset.seconds(day)
        return -seconds if self.is_before else seconds

    def seconds(self, limit: int, basis: Basis, day: int) -> int | None:
        """Return after how much of a limit it falls; None if it counts in another kind of time.

        One that would lie before the start falls at the start.
        """
        if self.offset is not None and self.offset.basis is not basis:
            return None
        return max(limit * self.percent // FULL + self.shift(day), 0)

    def __str__(self) -> str:
        """Write when it falls the way `parse_at` reads it."""
        if self.offset is None:
            return f"{self.percent}%"
        return f"{'-' if self.is_before else '+'}{self.offset}"


_AT: Final = re.compile(r"(?:(?P<percent>\d{1,4})[%％]|(?P<sign>[+＋\-－−])(?P<limit>.+))")


def parse_at(text: str) -> Mark:
    """Return a mark that does nothing yet, at `80%`, `-30分钟` or `+1工作日`; raises ValueError."""
    match = _AT.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    if match["percent"] is not None:
        percent = int(match["percent"])
        if not 1 <= percent <= MOST_PERCENT:
            raise ValueError(text)
        return Mark((), percent)
    return Mark((), offset=parse_limit(match["limit"]), is_before=match["sign"] in "-－−")


_DEADLINE: Final = Mark(())


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a limit, as the policy lists them.

    The end of the limit is always one of them: that it has passed is a fact, whatever else the
    policy makes of it.
    """

    listed: tuple[Mark, ...] = ()

    @property
    def known(self) -> Sequence[Mark]:
        """All of them, with the end of the limit."""
        if any(mark.is_deadline for mark in self.listed):
            return self.listed
        return (*self.listed, _DEADLINE)


def climbing(*raises: int, warn: int = 80) -> Marks:
    """Return marks that remind, and then tell one centre after the other."""
    return Marks(
        (
            Mark((Effect.YELLOW, Effect.REMIND_HOLDER), warn),
            *(
                Mark((Effect.RED, Effect.RAISE) if percent == FULL else (Effect.RAISE,), percent)
                for percent in raises
            ),
        )
    )


MARKS: Final[Mapping[str, Marks]] = {
    Urgency.NORMAL: climbing(100, 150, 200),
    Urgency.URGENT: climbing(100, 125, 150),
    Urgency.MAJOR: climbing(100, 125, 150),
}
"""The product's marks by urgency; a policy may have others for one stage: `accept.normal`."""

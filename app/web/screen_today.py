"""Today's figures of an area, as the measures have counted them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.api import figures
from app.domain.measure import FIGURES
from app.domain.period import Period
from app.flows import statistics
from app.flows.statistics import Question
from app.store.database import Tx
from app.web.report_table import page_of
from app.web.screen_models import Ground

SHOWN: Final = ("reported", "filed", "resolved", "closed", "returned", "overdue")


@dataclass(frozen=True, slots=True)
class Today:
    """One of today's figures, with the list of what it counts."""

    key: str
    zh: str
    en: str
    units: int
    href: str


async def today(tx: Tx, ground: Ground, now: datetime) -> Sequence[Today]:
    """Return what was done today and was late; nothing as long as none of it is counted."""
    if ground.centre is None:
        return ()
    zone = ZoneInfo(ground.rulebook.calendar.zone)
    day = now.astimezone(zone).date()
    question = Question(ground.centre, Period(day, day + timedelta(days=1)))
    table = await statistics.table(tx, question, ground.rulebook)
    if table.as_of is None or table.as_of.astimezone(zone).date() < day:
        return ()
    counted = figures.table(table, ground.rulebook)["total"]["figures"]
    return tuple(
        Today(
            key,
            FIGURES[key].zh,
            FIGURES[key].en,
            counted[key]["value"],
            page_of(counted[key]["list"]),
        )
        for key in SHOWN
    )

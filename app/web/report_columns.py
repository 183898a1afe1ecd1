"""What reports show side by side: figures and rates by what one wants to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.measure import FIGURES, RATES, STOCKS, meaning
from app.web.pages import Reader


class Theme(StrEnum):
    """What one wants to know."""

    OVERVIEW = "overview"
    INTAKE = "intake"
    DISPATCH = "dispatch"
    DISPOSAL = "disposal"
    CLOSING = "closing"
    STOCK = "stock"
    SOLVED = "solved"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Columns:
    """A theme's figures and rates, and those of them that are drawn over time."""

    zh: str
    en: str
    done: Sequence[str]
    """What was done, and in time."""
    solved: Sequence[str] = ()
    """Whether that helped, beside it."""
    lines: Sequence[str] = ()
    shares: Sequence[str] = ()

    @property
    def all(self) -> Sequence[str]:
        """Return every one, in the order of tables."""
        return (*self.done, *self.solved)


THEMES: Final[Mapping[Theme, Columns]] = {
    Theme.OVERVIEW: Columns(
        "概览",
        "Overview",
        (
            *("reported", "filed", "to_dispose", "disposed_on_time", "overdue"),
            *("disposal_on_time_rate", "to_close", "closed_on_time", "closing_on_time_rate"),
        ),
        (
            *("stock_after", "rework_rate", "reopened", "recurrence_rate"),
            "satisfaction_rate",
        ),
        ("reported", "disposed_on_time", "overdue"),
        ("disposal_on_time_rate", "closing_on_time_rate", "satisfaction_rate"),
    ),
    Theme.INTAKE: Columns(
        "上报立案",
        "Reports",
        (
            *("reported", "recurring", "filed", "declined", "merged", "cancelled", "tasks"),
            *("self_handled", "valid_report_rate", "timely_filing_rate", "accurate_filing_rate"),
        ),
        (),
        ("reported", "filed", "self_handled"),
        ("valid_report_rate", "timely_filing_rate", "accurate_filing_rate"),
    ),
    Theme.DISPATCH: Columns(
        "派遣签收",
        "Dispatch",
        (
            *("assigned", "to_dispatch", "dispatched_on_time", "dispatch_on_time_rate"),
            *("to_accept", "accepted_on_time", "accept_on_time_rate", "returned"),
        ),
        (),
        ("assigned", "accepted_on_time", "returned"),
        ("dispatch_on_time_rate", "accept_on_time_rate"),
    ),
    Theme.DISPOSAL: Columns(
        "处置",
        "Disposal",
        (
            *("to_dispose", "disposed", "disposed_on_time", "overdue", "exempted"),
            *("disposal_rate", "disposal_on_time_rate", "overdue_rate"),
            *("resolved", "self_handled", "suspended", "extended"),
        ),
        (),
        ("to_dispose", "disposed_on_time", "overdue"),
        ("disposal_rate", "disposal_on_time_rate"),
    ),
    Theme.CLOSING: Columns(
        "核查结案",
        "Closing",
        (
            *("to_verify", "verified_on_time", "verify_on_time_rate", "to_close"),
            *("closed_of_those", "closed_on_time", "closing_rate", "closing_on_time_rate"),
            *("closed", "reworks", "reworked", "rework_rate"),
        ),
        (),
        ("to_close", "closed_on_time", "reworks"),
        ("closing_rate", "closing_on_time_rate", "rework_rate"),
    ),
    Theme.STOCK: Columns(
        "积案",
        "Open units",
        (
            *("stock_before", "stock_new", "stock_taken", "stock_ended", "stock_handed"),
            "stock_after",
        ),
        (),
        ("stock_new", "stock_ended", "stock_after"),
    ),
    Theme.SOLVED: Columns(
        "实效",
        "Solved",
        ("closed", "came_back", "recurrence_rate", "reopened", "redone", "reopening_rate"),
        ("recurring", "rated", "pleased", "unsatisfied", "satisfaction_rate"),
        ("closed", "came_back", "reopened"),
        ("recurrence_rate", "reopening_rate", "satisfaction_rate"),
    ),
    Theme.ALL: Columns(
        "全部",
        "All",
        (*FIGURES, *STOCKS),
        tuple(RATES),
        ("reported", "disposed_on_time", "overdue"),
        ("disposal_on_time_rate", "closing_on_time_rate"),
    ),
}


def called(key: str, reader: Reader) -> str:
    """Return what a figure or a rate is called."""
    if key in RATES:
        # In English a rate and the figure above its line would have one name.
        return reader.say(RATES[key].zh, f"{RATES[key].en}, rate")
    if key in STOCKS:
        return reader.say(*STOCKS[key])
    found = meaning(key)
    return reader.say(found.zh, found.en)


def formula(key: str, reader: Reader) -> str:
    """Return what a rate divides, and its code; a figure's code alone."""
    found = RATES.get(key)
    if found is None:
        return key
    parts = f"{called(found.part, reader)} / {called(found.whole, reader)}"
    return f"{reader.say(found.of, parts)} [{key}]"

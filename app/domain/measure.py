"""Measures (统计指标): what is counted, and the figures and rates that are made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Count(StrEnum):
    """What the accountant counts, each a column of the rollups.

    docs/statistics.md says of each when it counts and for whom.
    """

    REPORTED = "reported"
    REPORTED_VOID = "reported_void"
    RECURRING = "recurring"
    FILED = "filed"
    FILED_ON_TIME = "filed_on_time"
    FILED_VOID = "filed_void"
    TASKS = "tasks"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    MERGED = "merged"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    EXTENDED = "extended"
    SELF_HANDLED = "self_handled"
    RESOLVED = "resolved"
    REWORKS = "reworks"
    CLOSED = "closed"
    CAME_BACK = "came_back"
    REOPENED = "reopened"
    REDONE = "redone"
    DISPATCH_ON_TIME = "dispatch_on_time"
    DISPATCH_LATE = "dispatch_late"
    ACCEPT_ON_TIME = "accept_on_time"
    ACCEPT_LATE = "accept_late"
    DISPOSE_ON_TIME = "dispose_on_time"
    DISPOSE_LATE = "dispose_late"
    DISPOSE_DONE_LATE = "dispose_done_late"
    VERIFY_ON_TIME = "verify_on_time"
    VERIFY_LATE = "verify_late"
    EXEMPTED = "exempted"
    TO_CLOSE = "to_close"
    TO_CLOSE_DONE = "to_close_done"
    TO_CLOSE_ON_TIME = "to_close_on_time"
    TO_CLOSE_REWORKED = "to_close_reworked"
    SATISFIED = "satisfied"
    MOSTLY = "mostly"
    UNSATISFIED = "unsatisfied"
    OPENED = "opened"
    ENDED = "ended"
    TAKEN = "taken"
    HANDED = "handed"


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum of counts, as tables show it."""

    zh: str
    en: str
    of: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of one figure in another; None where there is nothing to divide by."""

    zh: str
    en: str
    part: str
    whole: str
    of: str
    """The formula in words."""
    is_better_high: bool = True


FIGURES: Final[Mapping[str, Figure]] = {
    "reported": Figure("上报", "reported", (Count.REPORTED,)),
    "recurring": Figure("反复上报", "reported again", (Count.RECURRING,)),
    "filed": Figure("立案", "filed", (Count.FILED,)),
    "declined": Figure("不予立案", "declined", (Count.DECLINED,)),
    "cancelled": Figure("作废", "cancelled", (Count.CANCELLED,)),
    "merged": Figure("并案", "merged", (Count.MERGED,)),
    "tasks": Figure("任务", "tasks", (Count.TASKS,)),
    "assigned": Figure("承办", "assigned", (Count.ASSIGNED,)),
    "to_dispatch": Figure(
        "应派遣", "to be dispatched", (Count.DISPATCH_ON_TIME, Count.DISPATCH_LATE)
    ),
    "dispatched_on_time": Figure("按期派遣", "dispatched on time", (Count.DISPATCH_ON_TIME,)),
    "to_accept": Figure("应签收", "to be accepted", (Count.ACCEPT_ON_TIME, Count.ACCEPT_LATE)),
    "accepted_on_time": Figure("按期签收", "accepted on time", (Count.ACCEPT_ON_TIME,)),
    "to_dispose": Figure(
        "应处置", "to be disposed of", (Count.DISPOSE_ON_TIME, Count.DISPOSE_LATE)
    ),
    "disposed": Figure("已处置", "disposed of", (Count.DISPOSE_ON_TIME, Count.DISPOSE_DONE_LATE)),
    "disposed_on_time": Figure("按期处置", "disposed of on time", (Count.DISPOSE_ON_TIME,)),
    "overdue": Figure("超期", "overdue", (Count.DISPOSE_LATE,)),
    "exempted": Figure("免予统计", "exempted", (Count.EXEMPTED,)),
    "resolved": Figure("办结", "resolved", (Count.RESOLVED,)),
    "self_handled": Figure("自行处置", "self-handled", (Count.SELF_HANDLED,)),
    "to_verify": Figure("应核查", "to be verified", (Count.VERIFY_ON_TIME, Count.VERIFY_LATE)),
    "verified_on_time": Figure("按期核查", "verified on time", (Count.VERIFY_ON_TIME,)),
    "reworks": Figure("返工", "sent back", (Count.REWORKS,)),
    "returned": Figure("退回", "returned", (Count.RETURNED,)),
    "suspended": Figure("挂账", "suspended", (Count.SUSPENDED,)),
    "extended": Figure("延期", "extended", (Count.EXTENDED,)),
    "closed": Figure("结案", "closed", (Count.CLOSED,)),
    "to_close": Figure("应结案", "to be closed", (Count.TO_CLOSE,)),
    "closed_of_those": Figure("应结已结", "closed of those", (Count.TO_CLOSE_DONE,)),
    "closed_on_time": Figure("按期结案", "closed on time", (Count.TO_CLOSE_ON_TIME,)),
    "reworked": Figure("返工件", "reworked", (Count.TO_CLOSE_REWORKED,)),
    "came_back": Figure("结案后反复", "came back", (Count.CAME_BACK,)),
    "reopened": Figure("重开", "reopened", (Count.REOPENED,)),
    "redone": Figure("重办", "redone", (Count.REDONE,)),
    "rated": Figure("回访", "rated", (Count.SATISFIED, Count.MOSTLY, Count.UNSATISFIED)),
    "pleased": Figure("满意", "satisfied", (Count.SATISFIED, Count.MOSTLY)),
    "unsatisfied": Figure("不满意", "unsatisfied", (Count.UNSATISFIED,)),
    "stock_new": Figure("新增", "newly open", (Count.OPENED,)),
    "stock_taken": Figure("转入", "taken over", (Count.TAKEN,)),
    "stock_ended": Figure("办毕", "ended", (Count.ENDED,)),
    "stock_handed": Figure("转出", "handed over", (Count.HANDED,)),
}
"""The figures that add up over days, organisations and whatever else, in the order of tables."""

STOCK_BEFORE, STOCK_AFTER = "stock_before", "stock_after"
STOCKS: Final[Mapping[str, tuple[str, str]]] = {
    STOCK_BEFORE: ("期初积案", "open at the beginning"),
    STOCK_AFTER: ("期末积案", "open at the end"),
}
"""What is open at a moment: of a period's parts only the first and the last count."""
STOCK_IN: Final = (Count.OPENED, Count.TAKEN)
STOCK_OUT: Final = (Count.ENDED, Count.HANDED)

_HELPING: Final[Mapping[str, Figure]] = {
    "valid": Figure("有效上报", "valid reports", (Count.REPORTED,)),
    "accurate": Figure("准确立案", "accurately filed", (Count.FILED,)),
    "opened_again": Figure("重开重办", "opened again", (Count.REOPENED, Count.REDONE)),
    "filed_on_time": Figure("及时立案", "filed in time", (Count.FILED_ON_TIME,)),
}
_LESS: Final[Mapping[str, Count]] = {
    "valid": Count.REPORTED_VOID,
    "accurate": Count.FILED_VOID,
}
"""What is taken off a helping figure."""

RATES: Final[Mapping[str, Rate]] = {
    "valid_report_rate": Rate(
        "有效上报率", "valid reports", "valid", "reported", "(上报 − 其中不予立案) / 上报"
    ),
    "timely_filing_rate": Rate(
        "及时立案率", "filed in time", "filed_on_time", "filed", "未超研判时限的立案 / 立案"
    ),
    "accurate_filing_rate": Rate(
        "准确立案率", "filed accurately", "accurate", "filed", "(立案 − 其中作废) / 立案"
    ),
    "dispatch_on_time_rate": Rate(
        "按期派遣率", "dispatched on time", "dispatched_on_time", "to_dispatch", "按期派遣 / 应派遣"
    ),
    "accept_on_time_rate": Rate(
        "按期签收率", "accepted on time", "accepted_on_time", "to_accept", "按期签收 / 应签收"
    ),
    "disposal_rate": Rate("处置率", "disposed of", "disposed", "to_dispose", "已处置 / 应处置"),
    "disposal_on_time_rate": Rate(
        "按期处置率", "disposed of on time", "disposed_on_time", "to_dispose", "按期处置 / 应处置"
    ),
    "overdue_rate": Rate(
        "超期率", "overdue", "overdue", "to_dispose", "超期 / 应处置", is_better_high=False
    ),
    "verify_on_time_rate": Rate(
        "按期核查率", "verified on time", "verified_on_time", "to_verify", "按期核查 / 应核查"
    ),
    "closing_rate": Rate(
        "结案率", "closed", "closed_of_those", "to_close", "应结案中已结案 / 应结案"
    ),
    "closing_on_time_rate": Rate(
        "按期结案率", "closed on time", "closed_on_time", "to_close", "按期结案 / 应结案"
    ),
    "rework_rate": Rate(
        "返工率", "reworked", "reworked", "to_close", "返工件 / 应结案", is_better_high=False
    ),
    "recurrence_rate": Rate(
        "反复率", "came back", "came_back", "closed", "结案后反复 / 结案", is_better_high=False
    ),
    "reopening_rate": Rate(
        "重开率", "reopened", "opened_again", "closed", "(重开 + 重办) / 结案", is_better_high=False
    ),
    "satisfaction_rate": Rate(
        "满意率", "satisfied", "pleased", "rated", "(满意 + 基本满意) / 回访"
    ),
}

Counts = Mapping[Count, int]


def meaning(key: str) -> Figure:
    """Return what a figure is made of, one as well that no table shows but rates divide."""
    return FIGURES.get(key) or _HELPING[key]


def figure(key: str, counts: Counts) -> int:
    """Return a figure of counts."""
    found = meaning(key)
    less = counts.get(_LESS[key], 0) if key in _LESS else 0
    return sum(counts.get(one, 0) for one in found.of) - less


_SINGLE: Final = {key: one.of[0] for key, one in FIGURES.items() if len(one.of) == 1}
_SUMMED: Final = {key: one.of for key, one in FIGURES.items() if len(one.of) > 1}


def figures(counts: Counts) -> dict[str, int]:
    """Return every figure of counts, in the order of tables."""
    found = dict.fromkeys(FIGURES, 0)
    if counts:
        # Thousands of rows are told at once: most figures are one count and no sum.
        for key, one in _SINGLE.items():
            found[key] = counts.get(one, 0)
        for key, some in _SUMMED.items():
            found[key] = sum([counts.get(one, 0) for one in some])
    return found


def rate(key: str, counts: Counts) -> float | None:
    """Return a rate of counts; None where nothing was due."""
    found = RATES[key]
    whole = figure(found.whole, counts)
    return round(figure(found.part, counts) / whole, 4) if whole else None


def rates(counts: Counts) -> dict[str, float | None]:
    """Return every rate of counts."""
    return {key: rate(key, counts) for key in RATES} if counts else dict.fromkeys(RATES)


def flow(counts: Counts) -> int:
    """Return by how much the stock has grown."""
    return sum(counts.get(one, 0) for one in STOCK_IN) - sum(
        counts.get(one, 0) for one in STOCK_OUT
    )

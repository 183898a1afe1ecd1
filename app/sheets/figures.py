"""Figures for the office: tables with Chinese headings, rates in percent, and what each means."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.domain.measure import FIGURES, RATES, STOCK_AFTER, STOCK_BEFORE, STOCKS
from app.domain.words import TIER
from app.sheets.export import Sheet, workbook

Shown = Mapping[str, Any]
"""A table as it goes over the wire."""

_NAMES: Final = {
    **{key: one.zh for key, one in FIGURES.items()},
    **{key: zh for key, (zh, _) in STOCKS.items()},
}
_TOLD_BY: Final = {
    "organisation": "单位",
    "day": "日期",
    "month": "月份",
    "channel": "渠道",
    "kind": "类型",
    "category": "类别",
}
_SIDES: Final = (("value", "本期"), ("before", "上期"), ("last_year", "上年同期"))
COMPARED: Final = (
    *("reported", "filed", "to_dispose", "disposed_on_time", "overdue", "closed"),
    *("to_close", "closed_on_time"),
)
ALONE: Final = (
    *("reworks", "returned", "suspended", "extended", "self_handled"),
    *(STOCK_BEFORE, "stock_new", "stock_taken", "stock_ended", "stock_handed", STOCK_AFTER),
)
SHARES: Final = ("disposal_on_time_rate", "closing_on_time_rate", "satisfaction_rate")


def table(shown: Shown) -> bytes:
    """Return a workbook of figures and rates: this period, the one before, last year's."""
    by = shown["by"]
    sides = [
        (side, title) for side, title in _SIDES if side == "value" or by not in {"day", "month"}
    ]
    first = (_TOLD_BY.get(by, "单位"), "代码", "层级", "名次")
    headings = (*first, *_NAMES.values(), *(f"{one.zh}(%)" for one in RATES.values()))
    sheets = [Sheet(title, headings, list(_rows(shown, side))) for side, title in sides]
    return workbook([*sheets, _meanings(shown)])


def _rows(shown: Shown, side: str) -> Iterator[Sequence[object]]:
    whole = {**shown["total"], "key": {"name": "合计", "code": shown["organisation"]["code"]}}
    for row in (*shown["rows"], whole):
        rank = row["rank"]
        place = f"{rank['place']}/{rank['of']}" if rank and side == "value" else ""
        yield (
            row["key"]["name"],
            row["key"]["code"],
            TIER[row["tier"]][0] if row["tier"] else "",
            place,
            *(row["figures"].get(key, {}).get(side) for key in _NAMES),
            *(_percent(row["rates"][key][side]) for key in RATES),
        )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _meanings(shown: Shown) -> Sheet:
    """Return what the rates divide by, and what was counted of whom and when."""
    period, body = shown["period"], shown["organisation"]
    told = [
        ("单位", f"{body['name']} {body['code']}"),
        ("统计期", f"{period['from']} 至 {period['to']}"),
        ("统计截至", shown["as_of"] or "尚未统计"),
    ]
    return Sheet("说明", ("项目", "说明"), [*told, *((one.zh, one.of) for one in RATES.values())])


def monthly(shown: Shown) -> bytes:
    """Return the officials' monthly table: channel by level, beside the month before."""
    headings = ["渠道", "层级"]
    for key in COMPARED:
        headings += [_NAMES[key], f"{_NAMES[key]}上月", f"{_NAMES[key]}环比(%)"]
    headings += [f"{RATES[key].zh}{tail}" for key in SHARES for tail in ("(%)", "上月(%)")]
    headings += [_NAMES[key] for key in ALONE]
    period = shown["period"]["from"][:7]
    return workbook(
        [Sheet(f"{period} 月报", headings, list(map(_cells, shown["rows"]))), _meanings(shown)]
    )


def _cells(row: Shown) -> Sequence[object]:
    named = [row[key]["name"] if row[key] else "合计" for key in ("channel", "level")]
    cells: list[object] = list(named)
    for key in COMPARED:
        one = row["figures"][key]
        cells += [one["value"], one["before"], change(one["value"], one["before"])]
    for key in SHARES:
        one = row["rates"][key]
        cells += [_percent(one["value"]), _percent(one["before"])]
    return [*cells, *(row["figures"][key]["value"] for key in ALONE)]


def change(now: int, before: int | None) -> float | None:
    """Return by how many percent a figure has changed; None where there was nothing before."""
    return round((now - before) * 100 / before, 1) if before else None

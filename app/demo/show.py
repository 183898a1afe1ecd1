"""What the play looks like on a terminal: live counters, and the table at its end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.demo.player import Outcome
from app.demo.reports import ZONE
from app.demo.watch import Figures
from app.now import Clock

STATES: Final[Mapping[str, str]] = {
    "triage": "待研判 triage",
    "filed": "待派遣 filed",
    "dispatched": "待签收 dispatched",
    "accepted": "已签收 accepted",
    "in_progress": "处置中 in progress",
    "coordinating": "统筹中 coordinating",
    "resolved": "待核查 resolved",
    "verified": "待结案 verified",
    "closed": "已结案 closed",
    "declined": "不予立案 declined",
    "cancelled": "已作废 cancelled",
}
KINDS: Final[Mapping[str, str]] = {"event": "事件 event", "item": "事项 item", "task": "任务 task"}
TIERS: Final[Mapping[str, str]] = {
    "city": "市 city",
    "district": "区县 district",
    "street": "镇街 street",
    "community": "村社区 community",
    "grid": "网格 grid",
}
BAR: Final = 40


class Screen:
    """The counters while the play runs: live on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._live = Live(console=console, refresh_per_second=4, transient=True)
        self._hour = -1

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, figures: Figures, events: int) -> None:
        """Show the figures of this moment."""
        at = self._clock.now().astimezone(ZONE)
        if self._console.is_terminal:
            self._live.update(live(figures, events, at))
        elif at.hour != self._hour:
            self._hour = at.hour
            self._console.print(
                f"{at:%m-%d %H:%M} events={events} units={figures.units} "
                f"closed={figures.closed} overdue={figures.overdue} raised={figures.raised}"
            )


def live(figures: Figures, events: int, at: datetime) -> RenderableType:
    """Return the counters as they are at a moment of the played day, in the tenant's zone."""
    head = Text(f"{at:%Y-%m-%d %H:%M}", style="bold cyan")
    head.append(f"   上报 events {events}   单元 units {figures.units}", style="white")
    tail = Text(f"已结案 closed {figures.closed}", style="green")
    tail.append(f"   超期 overdue {figures.overdue}", style="yellow")
    tail.append(f"   提级 raised {figures.raised}", style="red")
    states = Table.grid(padding=(0, 1))
    for state, label in STATES.items():
        count = figures.states[state]
        states.add_row(label, str(count), Text("█" * _bar(count, figures.units), style="blue"))
    return Panel(Group(head, tail, states), title="一贯 · 城市的一天 / a city day", expand=False)


def _bar(count: int, units: int) -> int:
    return round(BAR * count / units) if units else 0


def ending(outcome: Outcome) -> RenderableType:
    """Return the table of the whole day."""
    figures, tally = outcome.figures, outcome.tally
    whole = _table(
        "全天 the day",
        {
            "上报 events": outcome.events,
            "单元 units": figures.units,
            "直接派遣 routed straight": tally["straight"],
            "人工研判 triage": tally["triaged"],
            "事件结案 events closed": figures.closed_roots,
            "单元结案 units closed": figures.closed,
            "不予立案 declined": figures.states["declined"],
            "退回 returned": tally["returned"],
            "返工 reworked": tally["reworked"],
            "超期 overdue": figures.overdue,
            "提级 raised": figures.raised,
            "提级至两级以上 raised further": figures.raised_further,
        },
    )
    kinds = _table("类型 kind", {KINDS[key]: figures.kinds[key] for key in KINDS})
    tiers = _table("承办层级 holder's tier", {TIERS[key]: figures.tiers[key] for key in TIERS})
    return Columns([whole, Group(kinds, tiers)], padding=(0, 2))


def _table(heading: str, rows: Mapping[str, int]) -> Table:
    table = Table(heading, "数量 count")
    table.columns[1].justify = "right"
    for label, count in rows.items():
        table.add_row(label, str(count))
    return table

"""The arithmetic of deadlines as the terminal shows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from rich.table import Column
from rich.text import Text

from app.cli.root import ZONE, console, lines
from app.domain.action import Action
from app.domain.explain import reckoned
from app.domain.limit import Basis
from app.domain.whatif import Answer
from app.domain.words import ACTION, BASIS, Words

_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_HEADINGS: Final = (("日期", "计入", "时长", "累计"), ("day", "counted", "time", "sum"))


def show(found: Answer, language: int) -> None:
    """Print when a limit is used up, and how it was counted."""
    basis = BASIS[found.limit.basis][language]
    limit = reckoned.amount(found.seconds)[language]
    start = found.start.astimezone(found.due_at.tzinfo).strftime(_MOMENT)
    due = found.due_at.isoformat(sep=" ", timespec="seconds")
    provisional = ("(暂定: 该年放假安排尚未公布)", "(provisional: that year is not published)")
    told = (
        (f"时限 {found.limit} = {limit} ({basis})", f"limit {found.limit} = {limit} {basis}"),
        (f"起算 {start}", f"from {start}"),
        (f"期限 {due}", f"due {due}"),
    )
    for zh_en in told:
        console.print(Text(zh_en[language]), soft_wrap=True)
    if found.deadline.provisional:
        console.print(Text(provisional[language], style="yellow"), soft_wrap=True)
    if found.calendar.key:
        word = ("日历", "calendar")[language]
        console.print(Text(f"{word} {found.calendar.key}"), soft_wrap=True)
    counted = found.lines()
    _table(
        (
            (
                reckoned.days(line)[language],
                reckoned.matter(line)[language],
                0 if line.idle else line.seconds,
            )
            for line in counted
        ),
        language,
    )
    console.print(Text(reckoned.summary(counted)[language]), soft_wrap=True)


def _table(counted: Iterable[tuple[str, str, int]], language: int) -> None:
    """Print days with what was counted, how much, and the sum so far."""
    day, what, time, total = _HEADINGS[language]
    table = lines(
        Column(day, no_wrap=True),
        Column(what, overflow="fold"),
        Column(time, justify="right"),
        Column(total, justify="right"),
    )
    so_far = 0
    for name, matter, seconds in counted:
        so_far += seconds
        amount = reckoned.amount(seconds)[language] if seconds else "-"
        table.add_row(name, Text(matter), amount, reckoned.amount(so_far)[language])
    console.print(table)


def show_unit(told: dict[str, Any], language: int) -> None:
    """Print every clock of a unit, run by run."""
    console.print(Text(told["number"], style="bold"))
    for clock in told["items"]:
        _clock(clock, language)


def _clock(clock: dict[str, Any], language: int) -> None:
    limit, used, left, granted = (
        reckoned.amount(clock[f"{name}_seconds"])[language]
        for name in ("limit", "used", "left", "granted")
    )
    name, basis = clock["name"], BASIS[Basis(clock["basis"])][language]
    console.print(Text(f"{name}: {limit} ({basis})", style="bold cyan"), soft_wrap=True)
    due = _local(clock["due_at"])
    facts = [
        (f"已用 {used}, 剩余 {left}", f"{used} used, {left} left"),
        (f"期限 {due}", f"due {due}"),
    ]
    if clock["granted_seconds"]:
        facts.append((f"其中延期 {granted}", f"of which {granted} granted"))
    if clock["is_provisional"]:
        facts.append(("暂定", "provisional"))
    if clock["overdue_at"]:
        late = _local(clock["overdue_at"])
        facts.append((f"{late} 超期", f"overdue since {late}"))
    if not clock["running"]:
        facts.append(("已停", "stopped"))
    console.print(Text("  " + "; ".join(fact[language] for fact in facts)), soft_wrap=True)
    _calendar(clock, language)
    for run in clock["runs"]:
        _run(run, language)
    for one in clock["happenings"]:
        at, said = _local(one["at"]), one["reason"]
        console.print(Text(f"  {at} {one['name']} {said}".rstrip()), soft_wrap=True)
    if clock["amiss_seconds"]:
        amiss = reckoned.amount(abs(clock["amiss_seconds"]))[language]
        said = (
            f"与今日的日历相差 {amiss}, 以停止时所记为准",
            f"{amiss} apart from today's calendars: what was stored when it stopped counts",
        )[language]
        console.print(Text(f"  {said}"), soft_wrap=True)


def _calendar(clock: dict[str, Any], language: int) -> None:
    counted_by = clock["calendar"]
    name, version = counted_by["name"], counted_by["version"]
    said = (f"日历 {name} 第 {version} 版", f"calendar of {name}, version {version}")
    marks = clock["marks_passed"]
    following = _local(clock["next_mark_at"])
    told = (f"已过标志 {marks}", f"{marks} marks passed")[language]
    coming = (f", 下一个 {following}", f", the next {following}")[language] if following else ""
    console.print(Text(f"  {said[language]}; {told}{coming}"), soft_wrap=True)


def _run(run: dict[str, Any], language: int) -> None:
    since, until = _local(run["since"]), _local(run["until"])
    began, ended = _word(ACTION, run["began_by"], language), ""
    if run["ended_by"]:
        ended = f" ({_word(ACTION, run['ended_by'], language)})"
    goes_on = ("至今", "still running")[language]
    console.print(
        Text(f"  {since} ({began}) → {until or goes_on}{ended}: {run['summary']}"), soft_wrap=True
    )
    for day in run["days"]:
        console.print(Text(f"    {day['sentence']}"), soft_wrap=True)


def _word(words: Words, code: str, language: int) -> str:
    return words[Action(code)][language]


def _local(at: str | None) -> str:
    """Show a moment in the tenant's zone."""
    return datetime.fromisoformat(at).astimezone(ZONE).strftime(_MOMENT) if at else ""

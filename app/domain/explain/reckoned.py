"""What the arithmetic of a deadline is called, in Chinese and in English."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from app.domain.explain.passage import Said
from app.domain.reckoning import Idle, Line, Span
from app.domain.words import Words

_WEEKDAYS: Final = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)
IDLE: Final[Words] = {
    Idle.WEEKEND: ("周末", "weekend"),
    Idle.NO_HOURS: ("非工作日", "no working day"),
    Idle.HOLIDAY: ("放假", "holiday"),
    Idle.LOCAL: ("本地不上班", "a local day off"),
    Idle.CLOSED: ("已过工作时段", "outside working hours"),
}
_UNITS: Final = ((3600, "小时", "h"), (60, "分", "min"), (1, "秒", "s"))


def amount(seconds: int) -> Said:
    """Return seconds in hours, minutes and seconds."""
    zh, en = [], []
    for size, zh_unit, en_unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            zh.append(f"{count}{zh_unit}")
            en.append(f"{count} {en_unit}")
    return Said("".join(zh) or "0分", " ".join(en) or "0 min")


def days(line: Line) -> Said:
    """Return which days a line tells of, with the weekday of a single one."""
    if line.first == line.last:
        zh, en = _WEEKDAYS[line.first.weekday()]
        return Said(f"{line.first} {zh}", f"{line.first} {en}")
    return Said(*[_range(line.first, line.last)] * 2)


def _range(first: date, last: date) -> str:
    """Write days in a row as short as can be read: 2026-10-01~10-07."""
    if first == last:
        return first.isoformat()
    return f"{first}~{last:%m-%d}" if first.year == last.year else f"{first}~{last}"


def matter(line: Line) -> Said:
    """Return what was counted, or why nothing was."""
    zh, en = _matter(line)
    if line.is_provisional:
        zh, en = f"{zh}(暂定: 放假安排尚未公布)", f"{en} (provisional: not published)"
    return Said(zh, en)


def _matter(line: Line) -> Said:
    if line.idle is not None:
        zh, en = IDLE[line.idle]
        return Said(f"{line.name} {zh}".strip(), f"{en} {line.name}".strip())
    if not line.spans:
        return Said("日历未编排, 按平均进度推算", "beyond the calendar: at its average pace")
    spans = " ".join(_span(one) for one in line.spans)
    return Said(
        f"{spans} ({line.name})" if line.name else spans,
        f"{spans} ({line.name})" if line.name else spans,
    )


def _span(span: Span) -> str:
    opens, closes = span
    if opens.date() != closes.date():
        return f"{opens:%m-%d %H:%M:%S}→{closes:%m-%d %H:%M:%S}"
    exact = opens.second or closes.second
    shape = "%H:%M:%S" if exact else "%H:%M"
    return f"{opens.strftime(shape)}-{closes.strftime(shape)}"


def sentence(line: Line) -> Said:
    """Return a line in words, such as 2026-09-30 周三 17:30-18:00: 30分."""
    (day_zh, day_en), (zh, en) = days(line), matter(line)
    if line.idle is not None:
        return Said(f"{day_zh} {zh}, 不计", f"{day_en} {en}: nothing")
    seconds = amount(line.seconds)
    return Said(f"{day_zh} {zh}: {seconds.zh}", f"{day_en} {en}: {seconds.en}")


def summary(lines: Sequence[Line]) -> Said:
    """Return in one sentence on how many days time was counted, and which were skipped."""
    worked = sum(line.days for line in lines if line.idle is None)
    total = amount(sum(line.seconds for line in lines))
    zh = f"在 {worked} 天内计 {total.zh}"
    en = f"{total.en} on {worked} day{'' if worked == 1 else 's'}"
    skipped = tuple(_skipped(lines))
    if skipped:
        zh += f", 跳过 {'、'.join(one.zh for one in skipped)}"
        en += f", skipping {', '.join(one.en for one in skipped)}"
    return Said(zh, en)


def _skipped(lines: Iterable[Line]) -> Iterable[Said]:
    """Yield each holiday with its days, and how many other days of each sort there were."""
    others: dict[Idle, int] = {}
    for line in lines:
        if line.idle in {Idle.HOLIDAY, Idle.LOCAL}:
            told, dates = _matter(line), _range(line.first, line.last)
            yield Said(f"{dates} {told.zh}", f"{dates} {told.en}")
        elif line.idle is not None and line.idle is not Idle.CLOSED:
            others[line.idle] = others.get(line.idle, 0) + line.days
    for idle, count in others.items():
        zh, en = IDLE[idle]
        yield Said(f"{zh} {count} 天", f"{count} days of {en}")

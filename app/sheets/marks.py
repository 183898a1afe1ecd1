"""Marks in the policies document: a list for each urgency, and for one stage where it differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.domain.marks import MOST_PERCENT, Effect, Mark, Marks, parse_at
from app.domain.responsibility import Urgency
from app.domain.unit import ClockName
from app.sheets.section import Section

MOST_MARKS: Final = 20
STAGES: Final = tuple(name for name in ClockName if name is not ClockName.SUSPEND)
"""Limits that may have marks of their own; a suspension just ends."""


def marks(section: Section, key: str) -> Mapping[str, Marks] | None:
    """Return the marks under a key, `normal` or `accept.normal`; None where there are none."""
    if key not in section.keys():  # noqa: SIM118 - a Section is no mapping
        section.value(key)
        return None
    table = section.section(key)
    found = dict(_by_urgency(table))
    for stage in STAGES:
        own = table.section(stage)
        found |= {f"{stage}.{urgency}": listed for urgency, listed in _by_urgency(own)}
        own.refuse_unknown()
    table.refuse_unknown()
    return found


def _by_urgency(table: Section) -> Iterator[tuple[str, Marks]]:
    for urgency in Urgency:
        listed = listed_in(table, urgency)
        if listed is not None:
            yield str(urgency), listed


def listed_in(table: Section, key: str) -> Marks | None:
    """Return the marks of one list; None where there is no such list."""
    if key not in table.keys():  # noqa: SIM118 - a Section is no mapping
        table.value(key)
        return None
    found = tuple(mark for one in table.sections(key) if (mark := _mark(one)) is not None)
    moments = [str(mark) for mark in found]
    if len(set(moments)) < len(moments):
        table.note(key, "两个节点在同一时刻, 请合并其 do", "two marks at one moment: join them")
    if len(found) > MOST_MARKS:
        table.note(key, f"最多 {MOST_MARKS} 个节点", f"{MOST_MARKS} marks at most")
    return Marks(found)


def _mark(section: Section) -> Mark | None:
    at, do, limit = section.text("at"), _effects(section), section.limit("limit")
    section.refuse_unknown()
    try:
        mark = replace(parse_at(at), do=do, limit=limit)
    except ValueError:
        if at:
            section.note(
                "at",
                f"“{at}”应为 1-{MOST_PERCENT} 的百分比(80%), 或到期前后的时间(-30分钟、+1工作日)",
                f"expected a percentage up to {MOST_PERCENT}%, or a time such as -30分钟",
            )
        return None
    _refuse_senseless(section, mark)
    return mark


def _effects(section: Section) -> tuple[Effect, ...]:
    named = section.items("do")
    if not named or not all(value in tuple(Effect) for value in named):
        allowed = "、".join(Effect)
        section.note(
            "do",
            f"应为 {allowed} 中的一个或几个",
            f"expected one or several of {', '.join(Effect)}",
        )
    return tuple(effect for effect in Effect if effect in named)


def _refuse_senseless(section: Section, mark: Mark) -> None:
    if Effect.RED in mark.do and mark.is_early:
        section.note("do", "红灯表示已超期, 不能早于到期(100%)", "red means late: not before 100%")
    if (Effect.SUPERVISE in mark.do) != (mark.limit is not None):
        section.note(
            "limit",
            "督办(supervise)须写明时限, 其他不写",
            "supervise has a limit, nothing else does",
        )


def written(found: Mapping[str, Marks]) -> Iterator[tuple[str, str]]:
    """Yield each list's key and what is written for it."""
    for key, listed in found.items():
        lines = [f"  {_written(mark)},\n" for mark in listed.listed]
        yield key, f"[\n{''.join(lines)}]" if lines else "[]"


def _written(mark: Mark) -> str:
    effects = [f'"{effect}"' for effect in mark.do]
    fields: Sequence[tuple[str, str]] = (
        ("at", f'"{mark}"'),
        ("do", f"[{', '.join(effects)}]"),
        *((("limit", f'"{mark.limit}"'),) if mark.limit else ()),
    )
    return f"{{ {', '.join(f'{key} = {value}' for key, value in fields)} }}"

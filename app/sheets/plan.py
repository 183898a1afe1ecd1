"""Limits and plans in one cell: `function@limit@title`, joined by |, perhaps with `@turn`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from app.domain.limit import Limit, LimitUnit, parse_limit, parse_staged
from app.domain.organisation import Function
from app.domain.responsibility import PlanTask, Stage
from app.sheets.cells import JOINER, Cells

_PARTS: Final = 3
_TURNS: Final = 9
_SEPARATOR: Final = "@"
_TITLE_LENGTH: Final = 60
_STAND_IN: Final = Limit(1, LimitUnit.WORK_DAY)


def limit_of(cells: Cells, column: str, text: str) -> Limit:
    """Return the limit; a stand-in for what is none, which is noted."""
    try:
        return parse_limit(text)
    except ValueError:
        allowed = "、".join(str(Limit(2, unit)) for unit in LimitUnit)
        cells.note(
            column, f"时限“{text}”应如 {allowed}", f"not a limit: expected such as {allowed}"
        )
        return _STAND_IN


def staged_limit(cells: Cells) -> tuple[Limit, tuple[Stage, ...]]:
    """Return the whole limit and its stages, noting why a text cannot be read."""
    try:
        parts = parse_staged(cells["limit"])
    except ValueError as error:
        zh, _, _ = str(error).partition(" / ")
        cells.note("limit", zh, "not a limit, or a part of it is none")
        return _STAND_IN, ()
    return parts[-1][1], tuple(Stage(title, limit) for title, limit in parts if title)


def write_limit(limit: Limit, stages: Sequence[Stage]) -> str:
    """Return the cell that `staged_limit` reads."""
    return ";".join(f"{stage.limit}{stage.title}" for stage in stages) or str(limit)


def parse_plan(cells: Cells, functions: Collection[str]) -> tuple[PlanTask, ...]:
    """Return the tasks that can be read, noting the others."""
    text = cells.text("plan", needed=False)
    tasks = (_task(cells, part.strip(), functions) for part in text.split(JOINER) if text)
    return tuple(task for task in tasks if task is not None)


def _task(cells: Cells, text: str, functions: Collection[str]) -> PlanTask | None:
    parts = [part.strip() for part in text.split(_SEPARATOR)]
    if len(parts) not in {_PARTS, _PARTS + 1} or not all(parts):
        cells.note(
            "plan",
            f"任务“{text}”应为 职能@时限@任务名称, 可再加 @次序",
            f"task “{text}”: expected function@limit@title, perhaps @turn",
        )
        return None
    function, limit, title = parts[:_PARTS]
    if function not in functions:
        cells.note("plan", f"未知的职能 {function}", f"unknown function {function}")
    if len(title) > _TITLE_LENGTH:
        cells.note("plan", f"任务名称不超过 {_TITLE_LENGTH} 字", "the task's title is too long")
    turn = _turn(cells, parts[_PARTS]) if len(parts) > _PARTS else 1
    return PlanTask(Function(function), limit_of(cells, "plan", limit), title, turn)


def _turn(cells: Cells, text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= _TURNS:
        return int(text)
    cells.note("plan", f"次序“{text}”应为 1-{_TURNS}", f"a turn is a number from 1 to {_TURNS}")
    return 1


def write_plan(plan: Iterable[PlanTask]) -> str:
    """Return the cell that `parse_plan` reads."""
    return JOINER.join(_SEPARATOR.join(_parts(task)) for task in plan)


def _parts(task: PlanTask) -> Iterator[str]:
    yield from (task.function, str(task.limit), task.title)
    if task.turn > 1:
        yield str(task.turn)

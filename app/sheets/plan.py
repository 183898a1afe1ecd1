"""An event's plan in one cell: `function@limit@title`, joined by |."""

from collections.abc import Collection, Iterable
from typing import Final

from app.domain.limit import Limit, LimitUnit, parse_limit
from app.domain.organisation import Function
from app.domain.responsibility import PlanTask
from app.sheets.cells import JOINER, Cells

_PARTS: Final = 3
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


def parse_plan(cells: Cells, functions: Collection[str]) -> tuple[PlanTask, ...]:
    """Return the tasks that can be read, noting the others."""
    text = cells.text("plan", needed=False)
    tasks = (_task(cells, part.strip(), functions) for part in text.split(JOINER) if text)
    return tuple(task for task in tasks if task is not None)


def _task(cells: Cells, text: str, functions: Collection[str]) -> PlanTask | None:
    parts = [part.strip() for part in text.split(_SEPARATOR)]
    if len(parts) != _PARTS or not all(parts):
        cells.note(
            "plan",
            f"任务“{text}”应为 职能@时限@任务名称",
            f"task “{text}”: expected function@limit@title",
        )
        return None
    function, limit, title = parts
    if function not in functions:
        cells.note("plan", f"未知的职能 {function}", f"unknown function {function}")
    if len(title) > _TITLE_LENGTH:
        cells.note("plan", f"任务名称不超过 {_TITLE_LENGTH} 字", "the task's title is too long")
    return PlanTask(Function(function), limit_of(cells, "plan", limit), title)


def write_plan(plan: Iterable[PlanTask]) -> str:
    """Return the cell that `parse_plan` reads."""
    return JOINER.join(
        _SEPARATOR.join((task.function, str(task.limit), task.title)) for task in plan
    )

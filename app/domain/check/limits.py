"""Limits that no calendar can meet."""

from collections.abc import Iterator
from itertools import chain, groupby

from app.domain.area import AreaCode
from app.domain.check.finding import Finding, Fix, Row, Severity, Sort, lines_of, some_en, some_zh
from app.domain.check.pace import Amount, Pace
from app.domain.check.scene import Scene
from app.domain.limit import Basis, Limit
from app.domain.policy import Policy
from app.domain.responsibility import Entry, PlanTask, Urgency
from app.domain.words import URGENCY


def unmeetable(scene: Scene) -> Iterator[Finding]:
    """Yield the limits that cannot be kept, whenever they begin."""
    pace = Pace(scene.rulebook.calendar)
    if not pace.has_hours:
        return _timeless(scene)
    endless = [entry for entry in scene.entries if _is_endless(entry, pace)]
    codes = {entry.code for entry in endless}
    rest = [entry for entry in scene.entries if entry.code not in codes]
    return chain(
        _endless(scene, endless),
        *(_parts(scene, entry, pace) for entry in rest),
        *(_accepts(scene, area, rest, pace) for area in scene.policies),
    )


def _timeless(scene: Scene) -> Iterator[Finding]:
    """Yield the fact that working time stands still, where a limit asks for it."""
    asking = [entry for entry in scene.entries if _asks(entry)]
    if asking:
        rows = scene.rows(asking)
        yield _finding(
            f"日历没有工作时间, {len(rows)} 个条目的工作时限永不到期",
            f"the calendar has no working hours: the working limits of {len(rows)} entries"
            " never end",
            Fix(
                "calendar: 写上每周的工作时段, 再 `yiguan load calendar FILE`",
                "calendar: give the week its working hours, then `yiguan load calendar FILE`",
            ),
            rows,
            scene.whole,
        )


def _asks(entry: Entry) -> bool:
    stages = (stage.limit for stage in entry.stages)
    limits = (entry.limit, *stages, *(task.limit for task in entry.plan))
    return any(limit.basis is Basis.WORK for limit in limits)


def _is_endless(entry: Entry, pace: Pace) -> bool:
    amount = pace.amount(entry.limit)
    return amount.basis is Basis.WORK and amount.seconds > pace.total


def _endless(scene: Scene, entries: list[Entry]) -> Iterator[Finding]:
    if entries:
        rows, until = scene.rows(entries), scene.rulebook.calendar.covers_until
        yield _finding(
            f"时限超出日历已公布的全部工作时间(至 {until}), 期限永远是暂定的:"
            f" {some_zh(code for code, _ in rows)}",
            f"the limit exceeds all working time published (until {until}), so that every"
            f" deadline is provisional: {some_en(code for code, _ in rows)}",
            Fix(
                f"list 第 {lines_of(rows)} 行: 缩短 limit 列; 或载入覆盖更久的日历",
                f"list row {lines_of(rows)}: shorten limit; or load a calendar that covers more",
            ),
            rows,
            scene.whole,
            severity=Severity.WARNING,
        )


def _parts(scene: Scene, entry: Entry, pace: Pace) -> Iterator[Finding]:
    """Yield what a stage or an order of the entry takes beyond the entry's own limit."""
    whole = pace.amount(entry.limit)
    for stage in entry.stages:
        if pace.is_beyond(pace.amount(stage.limit), whole):
            yield _part(scene, entry, f"阶段“{stage.title}”", f"stage “{stage.title}”", stage.limit)
    late = [task for task in entry.plan if pace.is_beyond(pace.amount(task.limit), whole)]
    for task in late:
        yield _part(scene, entry, f"任务“{task.title}”", f"task “{task.title}”", task.limit)
    if entry.plan and not late and pace.is_beyond(_in_turn(entry.plan, pace), whole):
        yield _part(scene, entry, "各轮任务相加", "the turns of the plan together", None)


def _in_turn(plan: tuple[PlanTask, ...], pace: Pace) -> Amount:
    """Return the least time that turns take one after another."""
    ordered = sorted(plan, key=lambda task: task.turn)
    turns = [
        [pace.amount(task.limit) for task in tasks]
        for _, tasks in groupby(ordered, key=lambda task: task.turn)
    ]
    bases = {amount.basis for turn in turns for amount in turn}
    if len(bases) == 1:
        return Amount(sum(max(one.seconds for one in turn) for turn in turns), bases.pop())
    return Amount(sum(max(_wall(one, pace) for one in turn) for turn in turns), Basis.WALL)


def _wall(amount: Amount, pace: Pace) -> int:
    return amount.seconds if amount.basis is Basis.WALL else pace.shortest(amount.seconds)


def _part(scene: Scene, entry: Entry, zh: str, en: str, limit: Limit | None) -> Finding:
    rows, shown = scene.rows([entry]), f" {limit}" if limit else ""
    return _finding(
        f"{entry.code} {entry.title}: {zh}{shown} 超出条目时限 {entry.limit}",
        f"{entry.code}: {en}{shown} goes beyond the entry's limit {entry.limit}",
        Fix(
            f"list 第 {rows[0][1]} 行: 放宽 limit 列, 或缩短该段时限",
            f"list row {rows[0][1]}: widen limit, or shorten that part of it",
        ),
        rows,
        scene.whole,
    )


def _accepts(scene: Scene, area: AreaCode, entries: list[Entry], pace: Pace) -> Iterator[Finding]:
    """Yield the acceptance limits said in an area that are longer than entries' whole limits."""
    section = scene.rulebook.policies.sections.get(area)
    if area not in scene.whole and (section is None or not section.accept):
        return
    policy = scene.policies[area]
    for urgency in Urgency:
        hasty = [one for one in entries if one.urgency is urgency and _is_late(one, policy, pace)]
        if hasty:
            yield _accept(scene, area, urgency, scene.rows(hasty))


def _is_late(entry: Entry, policy: Policy, pace: Pace) -> bool:
    accept = pace.amount(policy.accept[entry.urgency])
    return pace.is_beyond(accept, pace.amount(entry.limit))


def _accept(scene: Scene, area: AreaCode, urgency: Urgency, rows: tuple[Row, ...]) -> Finding:
    limit, name = scene.policies[area].accept[urgency], scene.name(area)
    (zh, en), codes = URGENCY[urgency], [code for code, _ in rows]
    return _finding(
        f"{name}{zh}事项的签收时限 {limit} 长于条目的全部时限: {some_zh(codes)}",
        f"in {name} the {en} limit for accepting, {limit}, is longer than the whole limit of"
        f" {some_en(codes)}",
        Fix(
            f'policies: 缩短 [policy."{area}"] 的 accept.{urgency}; 或放宽 list 第'
            f" {lines_of(rows)} 行的 limit 列",
            f'policies: shorten accept.{urgency} in [policy."{area}"]; or widen limit in row'
            f" {lines_of(rows)} of the list",
        ),
        rows,
        (area,),
    )


def _finding(
    zh: str,
    en: str,
    fix: Fix,
    rows: tuple[Row, ...],
    areas: tuple[AreaCode, ...],
    *,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(Sort.UNMEETABLE, severity, zh, en, fix, rows, areas)

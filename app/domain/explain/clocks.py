"""Why this deadline, and which rulebook all of it was judged by."""

from collections.abc import Iterator

from app.domain.clock import Clock
from app.domain.explain import reckoned
from app.domain.explain.passage import Background, Passage, Said, Subject
from app.domain.explain.words import BASIS, limit_said
from app.domain.family import own_limits
from app.domain.lifecycle import ON_SITE
from app.domain.limit import Basis, Limit, parse_limit
from app.domain.reckoning import Idle, reckon
from app.domain.timing import Bound, Terms
from app.domain.unit import ClockName, Unit
from app.domain.words import CLOCK


def clock(running: Clock, unit: Unit, background: Background) -> Passage:
    """Tell a limit as the list or the policy writes it, and from when until when it runs."""
    name, basis = CLOCK[running.name], BASIS[running.basis]
    limit, source, notes = (
        _limit(running, unit, background),
        _source(running, unit),
        _notes(running),
    )
    start, due = background.moment(running.started_at), background.moment(running.due_at)
    stages, counted = _stages(running, unit, background), _counted(running, background)
    return Passage(
        Subject.CLOCK,
        Said(
            f"{name[0]} {limit.zh}({source.zh}, {basis[0]}{stages.zh}),"
            f" 自 {start} 起, 至 {due} 止{notes.zh}{counted.zh}。",
            f"{name[1]} {limit.en} ({source.en}, {basis[1]}{stages.en}),"
            f" from {start} until {due}{notes.en}{counted.en}.",
        ),
        {
            "clock": running.name,
            "limit": limit.zh,
            "limit_seconds": running.limit,
            "started_at": running.started_at,
            "due_at": running.due_at,
            "is_provisional": running.is_provisional,
            "is_running": running.is_running,
            "overdue_at": running.overdue_at,
        },
    )


def written(running: Clock, unit: Unit, background: Background) -> Limit | None:
    """Return the limit as it is written; none if the clock was given another one since."""
    book, path = background.rulebook, background.path(unit)
    entry, ruling = background.entry(unit), unit.reasons.get("ruling", {}).get("limit")
    own = own_limits(unit)
    set_by_hand = (ClockName.SUPERVISE, *ON_SITE)
    if running.name is ClockName.SUSPEND or (
        running.name in set_by_hand and running.name not in own
    ):
        return None
    if running.name is ClockName.DISPOSE and not (entry or ruling or running.name in own):
        return None
    ruled = parse_limit(ruling) if ruling else None
    policy = book.policies.at(path)
    terms = Terms.of(book, policy, unit.urgency, entry, task=unit.task, ruled=ruled, own=own)
    limit = terms.limit(running.name, Bound(unit.holder, unit.centre))
    is_same = book.calendar_of(running.calendar).seconds(limit) == running.limit - running.granted
    return limit if is_same and limit.basis is running.basis else None


def _limit(running: Clock, unit: Unit, background: Background) -> Said:
    limit = written(running, unit, background)
    minutes = running.limit // 60
    return limit_said(limit) if limit else Said(f"{minutes}分钟", f"{minutes} minutes")


def _source(running: Clock, unit: Unit) -> Said:
    if running.name is ClockName.SUSPEND:
        return Said("挂账时给出", "set when it was suspended")
    if running.name is ClockName.SUPERVISE:
        return Said("督办时给出", "set by the supervising centre")
    if running.name in ON_SITE or running.name in own_limits(unit):
        return Said("下达任务时给出", "set when the task was ordered")
    if running.name is ClockName.DISPOSE and unit.entry is None:
        return Said("指定承办时给出", "set by the ruling")
    if running.name is ClockName.DISPOSE:
        return Said("清单规定", "set by the list")
    return Said("规则规定", "set by policy")


def _stages(running: Clock, unit: Unit, background: Background) -> Said:
    entry = background.entry(unit)
    if entry is None or unit.task is not None or running.name is not ClockName.DISPOSE:
        return Said("", "")
    told = [(stage.title, limit_said(stage.limit)) for stage in entry.stages]
    zh = "、".join(f"{title}{limit.zh}" for title, limit in told)
    en = ", ".join(f"{title} {limit.en}" for title, limit in told)
    return Said(f", 其中{zh}", f", of which {en}") if told else Said("", "")


def _counted(running: Clock, background: Background) -> Said:
    """Tell what the way to the deadline skips; GET …/clocks tells it day by day."""
    book, since, left = background.rulebook, running.running_since, running.limit - running.spent
    calendar = book.calendar_of(running.calendar)
    if since is None or running.basis is Basis.WALL or left <= 0:
        return Said("", "")
    if calendar.add(since, left, running.basis).at != running.due_at:
        # Another calendar was published since the unit was judged.
        return Said("", "")
    lines = reckon(calendar, since, left, running.basis, city=book.calendar)
    if all(line.idle in {None, Idle.CLOSED} for line in lines):
        return Said("", "")
    told = reckoned.summary(lines)
    return Said(f"; {told.zh}", f"; {told.en}")


def _notes(running: Clock) -> Said:
    times = running.grants if running.granted else 0
    notes = [
        (
            times > 0,
            f"(已延期 {times} 次, 共增加 {running.granted // 60} 分钟)",
            f" (extended {times} times by {running.granted // 60} minutes in all)",
        ),
        (
            running.is_provisional,
            "(暂定: 该年放假安排尚未公布)",
            " (provisional: that year's holidays are not published)",
        ),
        (not running.is_running, "(已停止)", " (stopped)"),
        (running.overdue_at is not None, "(已超期)", " (overdue)"),
    ]
    zh = "".join(zh for holds, zh, _ in notes if holds)
    return Said(zh, "".join(en for holds, _, en in notes if holds))


def version(background: Background) -> Iterator[Passage]:
    """Tell which rulebook judged, who published it and since when it is in force."""
    judged = background.version
    facts = {
        "rulebook": judged.name,
        "published_at": judged.published_at,
        "published_by": judged.published_by,
        "in_force_at": judged.in_force_at,
    }
    if judged.in_force_at is None:
        yield Passage(
            Subject.VERSION,
            Said(
                f"按草稿 {judged.name} 判定, 尚未发布, 以现行第"
                f" {background.rulebook.version} 版为底。",
                f"judged by draft {judged.name}, not published, on top of rulebook"
                f" {background.rulebook.version}.",
            ),
            facts,
        )
        return
    published = background.moment(judged.published_at)
    since = background.moment(judged.in_force_at)
    yield Passage(
        Subject.VERSION,
        Said(
            f"规则库第 {judged.name} 版, {published} 由“{judged.published_by}”发布,"
            f" {since} 起生效。",
            f"rulebook {judged.name}, published {published} by {judged.published_by},"
            f" in force since {since}.",
        ),
        facts,
    )

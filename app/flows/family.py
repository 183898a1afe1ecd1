"""Families: tasks begun for a unit, and what their ending means for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain import claim, family
from app.domain.action import Action
from app.domain.area import Area, Tier
from app.domain.clock import Clock
from app.domain.destination import nearest_by_list
from app.domain.errors import Invalid
from app.domain.family import Bond, Errand, Ordered, Said
from app.domain.filing import Filed, Site, plan_tasks
from app.domain.limit import Limit, parse_limit
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.passing import Trip, travelled
from app.domain.responsibility import Duty, Entry
from app.domain.route import Route, RouteReason, to_nearest_holder, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.unit import State, Unit
from app.domain.words import TIER
from app.flows.advance import Deed, moved, write
from app.flows.intake import begin
from app.flows.rulebook import Reference
from app.store import units as unit_store
from app.store.casework import Owned
from app.store.database import Tx


@dataclass(frozen=True)
class Setting:
    """What tasks of a unit are judged by; `judged` is the rulebook the unit was judged by."""

    reference: Reference
    judged: Rulebook
    at: datetime

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force now."""
        return self.reference.rulebook

    def entry(self, unit: Unit) -> Entry | None:
        """Return the entry a unit was filed under."""
        return self.judged.list[unit.entry] if unit.entry else None

    def path(self, unit: Unit) -> tuple[Area, ...]:
        """Return the areas around a unit's place."""
        return self.rulebook.around(unit.place)

    def site(self, path: tuple[Area, ...]) -> Site:
        """Return where and by what a task at the end of a path is judged."""
        return Site(path, self.rulebook.policies.at(path), self.rulebook, self.at)


def limit_of(text: str | None, field: str) -> Limit | None:
    """Read a limit somebody gave; raises Invalid."""
    if not text:
        return None
    try:
        return parse_limit(text)
    except ValueError as error:
        zh, _, _ = str(error).partition(" / ")
        raise Invalid(zh=zh, en="not a limit such as 3工作日", field=field) from None


def tasks_for(ordered: Ordered, setting: Setting, said: Said) -> list[Filed]:
    """Return the tasks that a unit's errands make, each on its way to its holder."""
    parent = ordered.parent
    entry, site = setting.entry(parent), setting.site(setting.path(parent))
    return [
        family.born(
            family.child(
                parent, index, errand, errand_way(errand, parent, entry, site), site, entry=entry
            ),
            entry,
            site,
            said,
        )
        for index, errand in ordered.begin
    ]


def errand_way(errand: Errand, parent: Unit, entry: Entry | None, site: Site) -> Route:
    """Return the way to the body an errand names, or to the nearest that holds its function."""
    rulebook = site.rulebook
    if errand.holder is not None:
        holder = body_of(errand.holder, rulebook)
        refuse_below(entry, parent.level if errand.bond is Bond.SPLIT else None, holder)
        route = to_organisation(holder, rulebook, RouteReason.RULED)
        return replace(route, on_duty=rulebook.roster.on_duty(holder.code, site.now))
    if errand.function is None:
        raise Invalid(
            zh="每项任务须指明承办单位或职能",
            en="every task names a holder or a function",
            field="tasks",
        )
    trip = Trip(parent.urgency, site.now, parent.holder, straight=True)
    if entry is not None:
        route = nearest_by_list(entry, errand.function, site.path, rulebook)
    else:
        route = to_nearest_holder(errand.function, site.path[-1].tier, site.path, rulebook)
    if route.is_gap:
        raise Invalid(
            zh=f"当地及上级均无单位承担职能“{errand.function}”, 请指定承办单位",
            en=f"nobody holds {errand.function} here or above: name a holder",
            field="function",
        )
    return travelled(route, rulebook, trip)


def body_of(code: OrganisationCode, rulebook: Rulebook) -> Organisation:
    """Return the body of a code, or who answers for its work now; raises Invalid."""
    bodies = rulebook.organisations
    if code not in bodies:
        raise Invalid(zh=f"没有单位“{code}”", en=f"no organisation {code}", field="holder")
    return bodies[bodies.heir(code)]


def refuse_below(entry: Entry | None, level: Tier | None, holder: Organisation) -> None:
    """Raise Invalid for a holder below the level, or asked for what was taken back from it."""
    is_street = holder.tier.rank > Tier.DISTRICT.rank
    if entry is not None and entry.duty is Duty.WITHDRAWN and is_street:
        raise Invalid(
            zh=f"该事项已由上级部门收回, 不得交由镇街及以下的“{holder.name}”承办",
            en="the duty was taken back from streets: nobody at a street or below may have it",
            field="holder",
        )
    if level is not None and holder.tier.rank > level.rank:
        raise Invalid(
            zh=f"该事项的处置层级为{TIER[level][0]}, 不得下派至“{holder.name}”",
            en=f"the entry's level is {level}: nothing is routed below it",
            field="holder",
        )


async def settle(tx: Tx, parent: Owned, last: Unit, setting: Setting) -> None:
    """Begin the next turn of a coordinated unit's tasks, or resolve it after the last one.

    Both units are owned, so of two tasks that end at once the second sees the first. Where
    none of the tasks was done, whoever coordinates must say what is to happen.
    """
    unit, clocks = parent.unit, parent.clocks
    if State.COORDINATING not in {unit.state, unit.was}:
        return
    if await unit_store.open_tasks(tx, unit.id, unit.home):
        return
    if unit.state is State.SUSPENDED:
        unit, clocks = await _resumed(tx, parent, last, setting)
    tasks = await unit_store.tasks_of(tx, [unit.id])
    unit, following = _following(unit, tasks, setting)
    if following:
        await begin(tx, following, setting.reference)
        await unit_store.save(tx, [unit])
        return
    terms = family.terms_of(unit, setting.judged, setting.rulebook)
    change = moved(unit, clocks, _after_last(tasks, last, setting.at), terms)
    if change.unit.state is State.COORDINATING:
        change = replace(change, unit=_stalled(change.unit))
    await write(tx, [change])


async def _resumed(
    tx: Tx, parent: Owned, last: Unit, setting: Setting
) -> tuple[Unit, tuple[Clock, ...]]:
    """Let a suspended unit go on, because its last task has ended all the same."""
    terms = family.terms_of(parent.unit, setting.judged, setting.rulebook)
    deed = Deed(Action.RESUME, None, setting.at, data={"last": last.number})
    (resumed,) = await write(tx, [moved(parent.unit, parent.clocks, deed, terms)])
    return resumed.unit, resumed.clocks


def _following(
    parent: Unit, tasks: Sequence[Unit], setting: Setting
) -> tuple[Unit, Sequence[Filed]]:
    """Return the tasks of the next turn: those of the entry's plan, else those people ordered."""
    entry = setting.entry(parent)
    planned = [task.task for task in tasks if task.task is not None]
    if entry is not None and planned:
        done = max(entry.orders[index].turn for index in planned)
        path = setting.path(parent)
        following = plan_tasks(parent, entry, path, setting.rulebook, setting.at, turn=done)
        if following:
            return parent, following
    ordered = family.next_turn(parent)
    return ordered.parent, tasks_for(ordered, setting, Said(Action.SPLIT, None))


def _after_last(tasks: Sequence[Unit], last: Unit, at: datetime) -> Deed:
    data = {"last": last.number}
    if any(task.state is State.CLOSED for task in tasks):
        return Deed(Action.RESOLVE, None, at, data=data)
    reason = "任务均已作废或不予立案, 请办结、重新拆分或作废 / no task was done"
    return Deed(Action.NOTE, None, at, reason, data)


def _stalled(unit: Unit) -> Unit:
    """Return the unit with its desk free to resolve it; what was seen of it holds no longer."""
    reasons = {**unit.reasons, family.STALLED: True}
    return replace(unit, reasons=reasons, version=unit.version + 1, **claim.OVER)


def with_tasks(tasks: Sequence[Owned], deed: Deed, parent: Unit, setting: Setting) -> list[Filed]:
    """Return what becomes of the open tasks below a unit when this is done to it."""
    own = replace(deed, action=family.WITH_TASKS[deed.action], data={"with": parent.number})
    return [
        moved(
            task.unit,
            task.clocks,
            own,
            family.terms_of(task.unit, setting.judged, setting.rulebook),
        )
        for task in tasks
    ]

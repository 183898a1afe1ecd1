"""Reorganisation: a plan published as a new version, and open units and accounts that follow."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app.domain.area import Area, AreaCode, Areas
from app.domain.calendar import Calendar
from app.domain.errors import Unavailable
from app.domain.filing import Filed
from app.domain.organisation import Organisation, OrganisationCode, Organisations
from app.domain.policy import LocalPolicy, Policies, Rule
from app.domain.reorganisation.outcome import Reorganised, reorganise
from app.domain.reorganisation.plan import Plan
from app.domain.responsibility import ResponsibilityList
from app.domain.roster import Roster
from app.domain.rulebook import Part, Rulebook
from app.domain.succession import is_behind, moved
from app.domain.unit import Unit
from app.flows.advance import write
from app.flows.publication import NOTICE, publish
from app.store import accounts, parts, rulebooks, units
from app.store.database import Tx
from app.store.parts import Content
from app.store.rulebooks import Edition

BATCH: Final = 500
"""Units of one transaction."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Prospect:
    """What a plan makes of the version it will be built on."""

    base: Edition
    done: Reorganised
    contents: Mapping[Part, Content]
    """The parts that change."""
    city: Rulebook
    """The areas and bodies afterwards; of the rest only the calendar."""
    at: datetime | None
    """When it takes effect; None: as soon as may be, because its day has come."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one batch of open units came to: what moved, and how many could not be judged."""

    moved: Sequence[Filed]
    failed: int = 0


async def prospect(tx: Tx, plan: Plan, *, now: datetime) -> Prospect:
    """Return what the plan would change; raises Unavailable without a rulebook, and BadSheet."""
    line = await rulebooks.live(tx, since=now)
    if not line:
        raise Unavailable(zh="尚无规则库: 请先 yiguan load", en="no rulebook yet: load one first")
    calendar: Calendar = await _content(tx, line[0], Part.CALENDAR)
    zone = ZoneInfo(calendar.zone)
    moment = datetime.combine(plan.day, time(), zone).astimezone(UTC)
    is_ahead = moment > now + NOTICE * 2
    before = moment if is_ahead else now + NOTICE
    base = next((one for one in reversed(line) if one.in_force_at <= before), line[0])
    found = {part: await _content(tx, base, part) for part in _FOLLOWS if part in base.parts}
    # Seconds of pure computation: whoever shares the loop goes on meanwhile.
    done = await asyncio.to_thread(reorganise, found[Part.AREAS], found[Part.ORGANISATIONS], plan)
    bodies = Organisations(done.organisations, max(plan.day, now.astimezone(zone).date()))
    return Prospect(
        base=base,
        done=done,
        contents={} if done.is_nothing else _followed(found, done, plan, bodies),
        city=_city(Areas(done.areas), bodies, calendar),
        at=moment if is_ahead else None,
    )


_FOLLOWS: Final = (Part.AREAS, Part.ORGANISATIONS, Part.POLICIES, Part.ROSTER)
"""The parts that speak of areas or bodies as they are now."""


async def _content(tx: Tx, edition: Edition, part: Part) -> Any:
    return parts.decode(part, await rulebooks.part_content(tx, part, edition.parts[part]))


def _followed(
    found: Mapping[Part, Any], done: Reorganised, plan: Plan, bodies: Organisations
) -> dict[Part, Content]:
    """Return the parts as the plan leaves them: local rules and duty rosters follow, too."""
    contents: dict[Part, Content] = {
        Part.AREAS: done.areas,
        Part.ORGANISATIONS: done.organisations,
        Part.POLICIES: _policies(found[Part.POLICIES], plan, bodies),
    }
    if Part.ROSTER in found:
        contents[Part.ROSTER] = tuple(
            replace(shift, organisation=bodies.heir(shift.organisation))
            for shift in found[Part.ROSTER]
        )
    return contents


def _policies(
    policies: Mapping[AreaCode, LocalPolicy], plan: Plan, bodies: Organisations
) -> Mapping[AreaCode, LocalPolicy]:
    """Return the policies with those of new areas, and with rules that name who and where now."""
    recoded = {one.code: one.to for one in plan.recodes}
    models = [(one.like, one.area.code) for one in plan.begins if one.like]
    copied = {
        new: policies[old]
        for old, new in (*models, *recoded.items())
        if old in policies and new not in policies
    }
    return {
        code: replace(policy, rules=tuple(_rule(rule, recoded, bodies) for rule in policy.rules))
        for code, policy in {**policies, **copied}.items()
    }


def _rule(rule: Rule, recoded: Mapping[AreaCode, AreaCode], bodies: Organisations) -> Rule:
    return replace(
        rule,
        areas=tuple(recoded.get(code, code) for code in rule.areas),
        holder=bodies.heir(rule.holder) if rule.holder and rule.holder in bodies else rule.holder,
    )


def _city(areas: Areas, bodies: Organisations, calendar: Calendar) -> Rulebook:
    """Return a rulebook of nothing but areas and bodies."""
    return Rulebook(
        version=0,
        areas=areas,
        organisations=bodies,
        list=ResponsibilityList(()),
        calendar=calendar,
        policies=Policies(),
        parts={},
        roster=Roster(),
    )


async def carry_out(tx: Tx, plan: Plan, *, now: datetime, by: str) -> tuple[Prospect, Edition]:
    """Publish what the plan makes of the city; a plan that was carried out publishes nothing.

    It takes effect at the plan's day, or after notice if that has come.
    """
    await rulebooks.lock(tx)
    found = await prospect(tx, plan, now=now)
    if not found.contents:
        return found, found.base
    note = f"区划调整: {plan.name}"
    edition = await publish(tx, found.contents, now=now, by=by, note=note, at=found.at)
    return found, edition


async def city_in_force(tx: Tx, *, now: datetime) -> Rulebook:
    """Return the areas and bodies in force now; of the rest only the calendar."""
    version = await rulebooks.in_force(tx, now=now)
    edition = await rulebooks.edition(tx, version) if version is not None else None
    if edition is None:
        raise Unavailable(zh="尚无生效的规则库", en="no rulebook is in force")
    calendar: Calendar = await _content(tx, edition, Part.CALENDAR)
    areas: tuple[Area, ...] = await _content(tx, edition, Part.AREAS)
    bodies: tuple[Organisation, ...] = await _content(tx, edition, Part.ORGANISATIONS)
    day = now.astimezone(ZoneInfo(calendar.zone)).date()
    return _city(Areas(areas), Organisations(bodies, day), calendar)


async def survey(tx: Tx, ids: Sequence[UUID], city: Rulebook, *, now: datetime, plan: str) -> Turn:
    """Return what `follow` would do to these units; changes and locks nothing."""
    return _judged(await units.read(tx, ids), city, now, plan)


async def follow(tx: Tx, ids: Sequence[UUID], city: Rulebook, *, now: datetime, plan: str) -> Turn:
    """Let those of the units that areas or bodies have left behind follow them.

    Each gets one step and keeps its clocks. Whoever has been moved before is left alone, so the
    same may be done again after a failure.
    """
    seen = await units.read(tx, ids)
    behind = [unit.id for unit in seen if unit.desk is not None and _is_behind(unit, city)]
    if not behind:
        return Turn(())
    # Somebody may have worked on it between the look and the lock: judged as it is now.
    done = _judged(await units.take(tx, behind), city, now, plan)
    await write(tx, done.moved)
    return done


def _is_behind(unit: Unit, city: Rulebook) -> bool:
    """Tell whether a unit is to be looked at; what cannot be judged is, and counts as failed."""
    try:
        return is_behind(unit, city)
    except LookupError:
        return True


def _judged(found: Sequence[Unit], city: Rulebook, now: datetime, plan: str) -> Turn:
    """Return the open units that change; one that cannot be judged stops no other."""
    changed: list[Filed] = []
    failed = 0
    for unit in found:
        if unit.desk is None:
            continue
        try:
            filed = moved(unit, city, now=now, plan=plan)
        except LookupError:
            log.exception("unit_not_moved", unit=unit.number)
            failed += 1
            continue
        if filed is not None:
            changed.append(filed)
    return Turn(changed, failed)


def successors(city: Rulebook) -> dict[OrganisationCode, OrganisationCode]:
    """Return who follows each body that has ended."""
    bodies = city.organisations
    return {code: heir for code in bodies if (heir := bodies.heir(code)) != code}


async def accounts_to_follow(tx: Tx, city: Rulebook) -> int:
    """Count the accounts of bodies that have ended."""
    return await accounts.of_organisations(tx, list(successors(city)))


async def accounts_follow(tx: Tx, city: Rulebook) -> int:
    """Put the accounts of bodies that have ended under their successors; returns how many."""
    return await accounts.follow(tx, successors(city))

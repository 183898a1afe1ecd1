"""Intake: reports are recalled, judged and written, many in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app.domain import handled
from app.domain.admission import Admission, Found, Located, admit
from app.domain.area import AreaCode, Areas, Tier
from app.domain.classify import Candidate
from app.domain.errors import Conflict, Invalid
from app.domain.event import Event
from app.domain.filing import Filed
from app.domain.responsibility import EntryCode
from app.domain.spot import Spot
from app.flows import evidence, similar
from app.flows.advance import owned_clocks
from app.flows.rulebook import Reference
from app.recall.datum import to_wgs84
from app.store import casework, events
from app.store.database import Tx
from app.store.events import Arrival, StoredEvent

CANDIDATES = 5
"""How many entries are kept as candidates of a report."""

CONDITIONS = 3
"""How many conditions of a given category are kept."""

log = structlog.get_logger()

Recalled = Sequence[Candidate]
"""The entries one text may mean, best first."""


class Superseded(Exception):
    """Another rulebook is in force than the one the batch was judged by: judge it again."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An admission as written, with the numbers its units got."""

    admission: Admission
    numbers: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: the admissions written, and the ids that were there before."""

    admitted: Mapping[UUID, Admitted]
    known: frozenset[UUID]


def judge(reports: Sequence[Event], reference: Reference, now: datetime) -> list[Admission]:
    """Recall and admit reports; their texts are matched together because that is far cheaper."""
    found = recall(reports, reference)
    admissions = [
        admit(report, _locate(report, reference, seen), reference.rulebook, now)
        for report, seen in zip(reports, found, strict=True)
    ]
    for one in admissions:
        for rule in skipped_rules(one):
            _tell(reference.rulebook.version, rule["rule"], rule["why"])
    return admissions


def skipped_rules(admission: Admission) -> Sequence[Mapping[str, str]]:
    """Return the local rules that would have applied and could not, each with why."""
    found: Sequence[Mapping[str, str]] = admission.root.unit.reasons["classification"].get(
        "skipped", ()
    )
    return found


@lru_cache(maxsize=1000)
def _tell(version: int, rule: str, why: str) -> None:
    """Log a rule that cannot be applied: once a version, not once a report."""
    log.warning("rule_skipped", rulebook=version, rule=rule, why=why)


def judge_past(
    reports: Sequence[Event], reference: Reference, found: Sequence[Recalled]
) -> list[Admission]:
    """Admit reports as of when each was received; `found` is what `recall` makes of them."""
    return [
        admit(report, _locate(report, reference, seen), reference.rulebook, report.received_at)
        for report, seen in zip(reports, found, strict=True)
    ]


def recall(
    reports: Sequence[Event], reference: Reference, most: int = CANDIDATES
) -> list[Recalled]:
    """Return which entries each text speaks for: of the whole list, or of the category given.

    The first decides; the others, up to `most`, are for people to see.
    """
    found: list[Recalled] = [() for _ in reports]
    free = [place for place, report in enumerate(reports) if report.category is None]
    asleep = reference.rulebook.list.asleep
    texts = [reports[place].text for place in free]
    matches = reference.matcher.find(texts, most, asleep=asleep)
    for place, seen in zip(free, matches, strict=True):
        found[place] = seen
    among = {
        place: codes
        for place, report in enumerate(reports)
        if len(codes := _codes(report, reference)) > 1
    }
    texts = [reports[place].text for place in among]
    limit = min(most, CONDITIONS)
    ranked = reference.matcher.find_each_among(texts, list(among.values()), limit)
    for place, seen in zip(among, ranked, strict=True):
        found[place] = seen
    return found


def _codes(report: Event, reference: Reference) -> list[EntryCode]:
    """Return the entries under the given category."""
    if report.category is None:
        return []
    return [entry.code for entry in reference.rulebook.list.under(report.category)]


def check(report: Event, reference: Reference) -> None:
    """Raise Invalid for codes the rulebook does not know, naming the field."""
    handled.check(report)
    rulebook = reference.rulebook
    code = report.where.code
    if code is not None and code not in rulebook.areas:
        raise Invalid(
            zh=f"区划或网格编码“{code}”不存在", en=f"no area has code {code}", field="place.code"
        )
    where = report.where
    if where.point and not (where.code or where.address) and reference.is_outside(where.point):
        raise Invalid(
            zh="坐标不在本市范围内", en="the point lies outside the city", field="place.point"
        )
    if report.category is not None and not rulebook.list.under(report.category):
        category = report.category
        raise Invalid(
            zh=f"职责清单中没有类别 {category.scheme} {category.class_} {category.code}",
            en=f"the list has no category {category.scheme} {category.class_} {category.code}",
            field="category",
        )


async def write(
    tx: Tx, admissions: Sequence[Admission], reference: Reference, now: datetime
) -> Written:
    """Write a batch in three statements; events already there are left alone.

    `admissions` are sorted by event id and unique. Raises Superseded when the reference is
    not the one in force at `now`, Conflict when somebody else took an attachment meanwhile.
    """
    arrivals = [Arrival(one.event, one.root.unit.home) for one in admissions]
    asked = similar.enquiries(admissions, reference.rulebook)
    version, fresh = await events.put(tx, arrivals, similar.places(asked), now=now)
    if version != reference.rulebook.version:
        raise Superseded
    asked = [one for one in asked if one.admission.event.id in fresh]
    known = frozenset(one.event.id for one in admissions) - fresh
    if not asked:
        return Written({}, known)
    new = await similar.compare(tx, asked)
    # Roots before their tasks, because a task refers to its parent.
    filed = [one.root for one in new] + [task for one in new for task in one.tasks]
    numbers = await begin(tx, filed, reference)
    await evidence.attach_to_reports(tx, [(one.event, one.root) for one in new])
    return Written({one.event.id: Admitted(one, numbers) for one in new}, known)


async def begin(tx: Tx, filed: Sequence[Filed], reference: Reference) -> dict[UUID, str]:
    """Write new units with their first steps and their clocks; returns their numbers."""
    zone = ZoneInfo(reference.rulebook.calendar.zone)
    return await casework.begin(
        tx,
        [one.unit for one in filed],
        [step for one in filed for step in one.steps],
        owned_clocks(filed),
        zone=zone,
    )


def refuse_other(report: Event, stored: Event | StoredEvent) -> None:
    """Raise Conflict unless the stored event is the same report sent again."""
    # Whoever sends it again may belong to the successor of the organisation of then.
    if stored.organisation != report.organisation and stored.account != report.account:
        raise Conflict(zh="该事件编号已被占用", en="this event id is taken", field="id")
    if stored.digest != report.digest:
        raise Conflict(
            zh=f"事件 {report.id} 已以不同内容上报, 请使用新的编号",
            en=f"event {report.id} was sent before with other content; use a new id",
            field="id",
        )


def _locate(report: Event, reference: Reference, candidates: Sequence[Candidate]) -> Found:
    """Place a report; a place of the past is where its heir is now."""
    found = _named(report, reference, candidates)
    heir = reference.rulebook.areas.heir(found.area)
    point = report.where.point
    if point is None:
        return found if heir == found.area else replace(found, area=heir)
    exact = to_wgs84(point)
    return replace(found, area=heir, spot=Spot(exact.longitude, exact.latitude))


def _named(report: Event, reference: Reference, candidates: Sequence[Candidate]) -> Found:
    """Place a report: by code, by point and address together, by its text, by its reporter."""
    where, areas = report.where, reference.rulebook.areas
    if where.code is not None:
        return Found(where.code, Located.CODE, (), candidates)
    own = reference.rulebook.organisations[report.organisation].area
    district = reference.polygons.find(where.point) if where.point else None
    for text, located in ((where.address, Located.ADDRESS), (report.text, Located.TEXT)):
        border = reference.gazetteer.border(text)
        if border is not None and _touches(areas, border.area, district):
            return Found(border.area, Located.BORDER, border.words, candidates)
        named = reference.gazetteer.find(text, within=district or own) if text else ()
        if named and named[0].score >= 0.6 and _within(areas, named[0].area, district):
            return Found(named[0].area, located, named[0].words, candidates)
    if district is not None and where.point is not None:
        beside = {
            areas.at(areas.heir(code), Tier.DISTRICT)
            for code in reference.polygons.near(where.point)
        }
        if len(beside) > 1:
            return Found(areas.city.code, Located.BORDER, (), candidates)
        return Found(district, Located.POINT, (), candidates)
    return Found(own, Located.ORGANISATION, (), candidates)


def _touches(areas: Areas, common: AreaCode, district: AreaCode | None) -> bool:
    """Tell whether a point in a district may lie on a border within the common area."""
    if _within(areas, common, district):
        return True
    return district is not None and any(over.code == common for over in areas.path(district))


def _within(areas: Areas, area: AreaCode, district: AreaCode | None) -> bool:
    """Tell whether an area lies, or lay when the outlines were drawn, in a district."""
    return (
        district is None
        or any(over.code == district or district in over.former for over in areas.path(area))
        or district in areas.before(area)
    )

"""A clean city and faults planted in it: for the tests of the check."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice

from app import data
from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.limit import Limit, LimitUnit
from app.domain.organisation import (
    Function,
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)
from app.domain.policy import LocalPolicy, Policies, Rule
from app.domain.responsibility import (
    Category,
    Duty,
    Entry,
    EntryCode,
    Kind,
    PlanTask,
    ResponsibilityList,
    Stage,
    Urgency,
)
from app.domain.roster import Roster, Shift
from app.domain.rulebook import Part, Rulebook
from app.sheets import areas, calendar, organisations, policies, responsibility

TODAY = date(2026, 11, 21)
FAULTS = 20
NOWHERE = AreaCode("509999")


@dataclass(frozen=True)
class Fault:
    """What was made wrong: in these rows of the list, in these areas or categories."""

    rows: frozenset[EntryCode] = frozenset()
    areas: frozenset[AreaCode] = frozenset()
    categories: frozenset[Category] = frozenset()


@dataclass(frozen=True)
class Planted:
    rulebook: Rulebook
    faults: tuple[Fault, ...]


def clean_city() -> Rulebook:
    """The shipped city, which has no fault."""
    known = areas.parse(data.shipped(Part.AREAS))
    tree = Areas(known)
    bodies = organisations.parse(data.shipped(Part.ORGANISATIONS), tree)
    entries = responsibility.parse(data.shipped(Part.LIST), functions=data.functions())
    codes = {entry.code for entry in entries}
    return Rulebook(
        version=1,
        areas=tree,
        organisations=Organisations(bodies),
        list=ResponsibilityList(entries),
        calendar=calendar.parse(data.shipped(Part.CALENDAR)),
        policies=Policies(policies.parse(data.shipped(Part.POLICIES), set(tree), codes)),
        parts={},
    )


def changed(rulebook: Rulebook, entries: Iterable[Entry]) -> Rulebook:
    """Return the rulebook with these entries in the places of those of their codes."""
    by_code = {entry.code: entry for entry in entries}
    return replace(rulebook, list=ResponsibilityList((dict(rulebook.list) | by_code).values()))


def on_rows(rulebook: Rulebook, entries: Sequence[Entry]) -> Planted:
    """Return entries planted in place of their own, each a fault in the whole city."""
    whole = frozenset({rulebook.areas.city.code})
    faults = tuple(Fault(frozenset({entry.code}), whole) for entry in entries)
    return Planted(changed(rulebook, entries), faults)


def existing(rulebook: Rulebook, tier: Tier) -> Iterator[Area]:
    found = (area for area in rulebook.areas.values() if area.tier is tier)
    return (area for area in found if area.valid_to is None)


def led_at(rulebook: Rulebook, tier: Tier) -> dict[Function, frozenset[EntryCode]]:
    """The functions that lead entries at a tier, with those entries."""
    found: dict[Function, set[EntryCode]] = {}
    for entry in rulebook.list.values():
        if entry.level is tier and entry.duty is not Duty.WITHDRAWN:
            found.setdefault(entry.lead, set()).add(entry.code)
    return {function: frozenset(codes) for function, codes in sorted(found.items())}


def gaps(city: Rulebook) -> Planted:
    """In each of 20 streets nobody does one thing that the list wants done there."""
    led = list(led_at(city, Tier.STREET).items())
    streets = list(islice(existing(city, Tier.STREET), FAULTS))
    taken = {street.code: led[place % len(led)] for place, street in enumerate(streets)}
    bodies = (
        replace(body, functions=tuple(f for f in body.functions if f != taken[body.area][0]))
        if body.area in taken
        else body
        for body in city.organisations.values()
    )
    faults = tuple(Fault(rows, frozenset({area})) for area, (_, rows) in taken.items())
    return Planted(replace(city, organisations=Organisations(bodies)), faults)


def uncovered(city: Rulebook) -> Planted:
    """20 categories lose their entries."""
    elsewhere = {one for entry in city.list.values() for one in entry.also}
    ours = [one for one in data.categories() if one not in elsewhere]
    gone = set(ours[:: len(ours) // FAULTS][:FAULTS])
    left = [entry for entry in city.list.values() if entry.category not in gone]
    whole = frozenset({city.areas.city.code})
    faults = tuple(Fault(areas=whole, categories=frozenset({one})) for one in sorted(gone))
    return Planted(replace(city, list=ResponsibilityList(left)), faults)


def overlaps(city: Rulebook) -> Planted:
    """20 entries stand in the list a second time, with other punctuation."""
    chosen = list(city.list.values())[::50][:FAULTS]
    copies = [
        replace(
            entry,
            code=EntryCode(f"{entry.code}-X"),
            title=f"{entry.title}另",
            condition=f"{entry.condition.replace('，', '、')}。",
        )
        for entry in chosen
    ]
    whole = frozenset({city.areas.city.code})
    pairs = zip(chosen, copies, strict=True)
    faults = tuple(Fault(frozenset({one.code, other.code}), whole) for one, other in pairs)
    return Planted(changed(city, copies), faults)


def rivals(city: Rulebook) -> Planted:
    """In each of 20 streets a second body claims what the first one does."""
    led = list(led_at(city, Tier.STREET).items())
    added, faults = [], []
    for place, street in enumerate(islice(existing(city, Tier.STREET), FAULTS)):
        function, rows = led[place % len(led)]
        added.append(_body(street.code, function))
        faults.append(Fault(rows, frozenset({street.code})))
    bodies = Organisations((*city.organisations.values(), *added))
    return Planted(replace(city, organisations=bodies), tuple(faults))


def _body(area: AreaCode, *functions: Function, parent: str | None = None) -> Organisation:
    return Organisation(
        code=OrganisationCode(f"{area}-XB"),
        name="新办",
        kind=OrganisationKind.DEPARTMENT,
        area=area,
        tier=Tier.STREET,
        parent=OrganisationCode(parent) if parent else None,
        functions=functions,
    )


def dead(city: Rulebook) -> Planted:
    """20 names that stand for nothing: two or three in each place where names are."""
    whole = frozenset({city.areas.city.code})
    first, second, third, fourth, fifth = list(city.list.values())[::100][:5]
    unknown = [Function(f"nobody_{number}") for number in range(5)]
    plan = (*fourth.plan, PlanTask(unknown[3], fourth.limit, "无人"))
    entries = [
        replace(first, lead=unknown[0]),
        replace(second, support=(*second.support, unknown[1])),
        replace(third, joint=(unknown[2],)),
        replace(fourth, plan=plan),
        replace(fifth, supervisor=unknown[4]),
    ]
    districts = list(islice(existing(city, Tier.DISTRICT), 7))
    streets = list(islice(existing(city, Tier.STREET), 10))
    sections = {
        districts[0].code: LocalPolicy(rules=(_rule("A", entry="SX-99999-1"),)),
        districts[1].code: LocalPolicy(rules=(_rule("B", entry="SX-99998-1"),)),
        districts[2].code: LocalPolicy(rules=(_rule("C", first.code, areas=(NOWHERE,)),)),
        districts[3].code: LocalPolicy(
            rules=(_rule("D", first.code, holder=OrganisationCode("NOBODY")),)
        ),
        NOWHERE: LocalPolicy(),
        AreaCode("509998"): LocalPolicy(),
    }
    lost = (
        *(replace(street, parent=AreaCode(f"50997{n}")) for n, street in enumerate(streets[:2])),
        *(
            replace(street, successor=AreaCode(f"50998{n}"))
            for n, street in enumerate(streets[2:4])
        ),
    )
    bodies = (
        _body(AreaCode("509001")),
        _body(AreaCode("509002")),
        *(_body(street.code, parent=f"GONE-{street.code}") for street in streets[4:6]),
    )
    rulebook = replace(
        changed(city, entries),
        policies=Policies({**city.policies.sections, **sections}),
        areas=Areas((dict(city.areas) | {area.code: area for area in lost}).values()),
        organisations=Organisations((*city.organisations.values(), *bodies)),
        roster=Roster([_shift("GONE-1")]),
    )
    places = [*sections, *(area.code for area in lost), *(body.area for body in bodies)]
    return Planted(
        rulebook,
        (
            *(Fault(frozenset({entry.code}), whole) for entry in entries),
            *(Fault(areas=frozenset({place})) for place in places),
            Fault(areas=whole),
        ),
    )


def _rule(name: str, entry: str, **asked: object) -> Rule:
    return Rule(f"规则{name}", EntryCode(entry), source="phone", **asked)  # type: ignore[arg-type]


def _shift(body: str) -> Shift:
    morning = datetime(2026, 11, 21, tzinfo=UTC)
    return Shift(OrganisationCode(body), "张三", "", morning, morning.replace(hour=8))


def unmeetable(city: Rulebook) -> Planted:
    """Limits without end, stages and plans longer than the whole, slow acceptances."""
    chosen = [entry for entry in city.list.values() if entry.urgency is Urgency.NORMAL][::40][:16]
    year = Limit(9999, LimitUnit.WORK_DAY)
    fortnight = Limit(100, LimitUnit.WORK_DAY)
    entries = [
        *(replace(entry, limit=year, stages=(), plan=()) for entry in chosen[:4]),
        *(replace(entry, stages=(Stage("停工", fortnight),)) for entry in chosen[4:8]),
        *(replace(entry, plan=_plan(entry, fortnight)) for entry in chosen[8:12]),
        *(replace(entry, plan=_plan(entry, entry.limit, entry.limit)) for entry in chosen[12:16]),
    ]
    districts = [area.code for area in islice(existing(city, Tier.DISTRICT), 4)]
    slow = LocalPolicy(accept={Urgency.URGENT: Limit(90, LimitUnit.DAY)})
    sections = {**city.policies.sections, **dict.fromkeys(districts, slow)}
    urgent = [entry.code for entry in city.list.values() if entry.urgency is Urgency.URGENT]
    planted = on_rows(city, entries)
    return Planted(
        replace(planted.rulebook, policies=Policies(sections)),
        (
            *planted.faults,
            *(Fault(frozenset(urgent), frozenset({district})) for district in districts),
        ),
    )


def _plan(entry: Entry, *limits: Limit) -> tuple[PlanTask, ...]:
    return tuple(
        PlanTask(entry.lead, limit, f"第{turn}轮", turn) for turn, limit in enumerate(limits, 1)
    )


def misplaced(city: Rulebook) -> Planted:
    """20 entries are asked of grids that hold nothing of the kind."""
    grids = {
        function
        for body in city.organisations.values()
        if body.kind is OrganisationKind.GRID_TEAM
        for function in body.functions
    }
    chosen = [entry for entry in city.list.values() if entry.lead not in grids][::30][:FAULTS]
    return on_rows(city, [replace(entry, level=Tier.GRID, duty=None) for entry in chosen])


def pushed_down(city: Rulebook) -> Planted:
    """20 entries of streets are said to be taken back from them, or only to be assisted."""
    streets = [entry for entry in city.list.values() if entry.level is Tier.STREET][::20][:FAULTS]
    return on_rows(
        city,
        [
            replace(entry, duty=Duty.WITHDRAWN if place % 2 else Duty.COOPERATING)
            for place, entry in enumerate(streets)
        ],
    )


def uniform(city: Rulebook) -> Planted:
    """Every entry is an item: one fault, in all rows."""
    entries = [replace(entry, kind=Kind.ITEM) for entry in city.list.values()]
    whole = frozenset({city.areas.city.code})
    return Planted(changed(city, entries), (Fault(frozenset(city.list), whole),))


def shadows(city: Rulebook) -> Planted:
    """20 entries no report can reach: silenced, outdone, caught by a rule and ended, 5 each."""
    groups: dict[Category, list[Entry]] = {}
    for entry in city.list.values():
        groups.setdefault(entry.category, []).append(entry)
    crowded = [group for group in groups.values() if len(group) > 1][::4][:FAULTS]
    district = next(existing(city, Tier.DISTRICT)).code
    outdone = [pair for group in crowded[:5] for pair in _outdone(group[0], group[-1])]
    silenced = [_silenced(group[-1]) for group in crowded[5:10]]
    caught = [
        _marked(group[-1], f"玄{sign}")
        for group, sign in zip(crowded[10:15], "甲乙丙丁戊", strict=True)
    ]
    ended = [replace(group[-1], valid_to=TODAY) for group in crowded[15:]]
    rules = tuple(
        Rule(f"规则{place}", group[0].code, contains=(caught[place].title[:2],))
        for place, group in enumerate(crowded[10:15])
    )
    rulebook = replace(
        changed(city, (*outdone, *silenced, *caught, *ended)),
        policies=Policies({**city.policies.sections, district: LocalPolicy(rules=rules)}),
    )
    whole = city.areas.city.code
    return Planted(
        rulebook,
        tuple(
            Fault(
                frozenset({group[-1].code}),
                frozenset({district if 10 <= place < 15 else whole}),
            )
            for place, group in enumerate(crowded)
        ),
    )


def _outdone(one: Entry, other: Entry) -> tuple[Entry, Entry]:
    """Leave the other nothing but words that the one has, and says more often."""
    first, second = one.keywords[:2]
    poor = replace(other, title=first, condition=second, keywords=(), examples=(), synonyms=())
    return replace(one, synonyms=(*one.synonyms, first, second)), poor


def _silenced(entry: Entry) -> Entry:
    said = (entry.title, *entry.synonyms, *entry.keywords, *entry.examples)
    return replace(entry, exclusions=said)


def _marked(entry: Entry, mark: str) -> Entry:
    return replace(
        entry,
        title=mark + entry.title,
        condition=mark + entry.condition,
        synonyms=tuple(mark + word for word in entry.synonyms),
        keywords=tuple(mark + word for word in entry.keywords),
        examples=tuple(mark + text for text in entry.examples),
    )

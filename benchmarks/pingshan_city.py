"""A city derived from events: areas, organisations and a list, as an office would hand them in.

Nothing here knows a test row: what was seen in the training rows is all there is.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from app import data
from app.domain.area import Area, AreaCode, Tier
from app.domain.limit import parse_limit
from app.domain.organisation import Function, Organisation, OrganisationCode, OrganisationKind
from app.domain.responsibility import (
    Category,
    Entry,
    EntryBasis,
    EntryCode,
    Evidence,
    Kind,
    Urgency,
)
from app.domain.rulebook import Part
from app.sheets import areas as area_sheet
from app.sheets import organisations as organisation_sheet
from app.sheets import policies as policy_sheet
from app.sheets import responsibility as list_sheet
from app.sheets.cells import JOINER, TEXT_LENGTH
from app.sheets.table import write as write_table
from benchmarks.pingshan_rows import NOBODY, STATION, Duty, Reach, Row, duty_of

CITY: Final = AreaCode("440300")
DISTRICT: Final = AreaCode("440310")
SCHEME: Final = "坪山三级分类"
CLASS: Final = "事件"
REPLAY: Final = (
    *("occurred_at", "source", "text", "scheme", "class", "code", "place", "address", "expected"),
)
_LEVELS: Final = {
    Reach.DISTRICT: Tier.DISTRICT,
    Reach.STREET: Tier.STREET,
    Reach.COMMUNITY: Tier.COMMUNITY,
}
_PREFIXES: Final = {Reach.DISTRICT: "区", Reach.STREET: "街道", Reach.COMMUNITY: ""}
# Digits of a text are folded into one by the matcher: the hotlines go by their names.
_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "12345": ("hotline", "政务热线"),
    "12319": ("hotline", "城管热线"),
    "固话投诉": ("hotline", "固话"),
    "@坪山": ("citizen", "@坪山"),
    "美丽深圳": ("citizen", "美丽深圳"),
    "政府信箱": ("media", "政府信箱"),
}

CategoryName = tuple[str, str]


@dataclass(frozen=True)
class City:
    """What the training rows make of Pingshan, with the codes given to what they name."""

    areas: tuple[Area, ...]
    organisations: tuple[Organisation, ...]
    entries: tuple[Entry, ...]
    places: Mapping[tuple[str, str], AreaCode]
    categories: Mapping[CategoryName, Category]

    def write(self, folder: Path) -> None:
        """Write the sheets; the calendar is the shipped one, policies are left at the defaults."""
        area_sheet.write(folder / "areas.csv", self.areas)
        organisation_sheet.write(folder / "organisations.csv", self.organisations)
        list_sheet.write(folder / "list.csv", self.entries)
        shutil.copyfile(data.shipped(Part.CALENDAR), folder / "calendar.csv")
        policy_sheet.write(folder / "policies.toml", {})

    def place_of(self, row: Row) -> AreaCode:
        """Return the event's community, else its street, else the district."""
        street = self.places.get((row.street, ""), DISTRICT)
        return self.places.get((row.street, row.community), street)

    def holder_of(self, row: Row) -> str:
        """Return the code of the unit that had the event; one that nobody bears if it is new."""
        return self._codes.get(row.unit, f"?{row.unit}")

    @cached_property
    def _codes(self) -> Mapping[str, str]:
        return {body.name: body.code for body in self.organisations}


def derive(rows: Sequence[Row]) -> City:
    """Return the city that the rows tell of."""
    places = _places(rows)
    categories = _categories(rows)
    return City(
        areas=tuple(_areas(places)),
        organisations=tuple(_organisations(rows, places)),
        entries=tuple(_entries(rows, categories)),
        places=places,
        categories=categories,
    )


def write_events(path: Path, rows: Iterable[Row], city: City) -> None:
    """Write events as `yiguan replay` takes them; a category nobody listed is left blank."""
    write_table(path, REPLAY, (_event(row, city) for row in rows))


def _event(row: Row, city: City) -> Sequence[str]:
    category = city.categories.get((row.type, row.main_type))
    return (
        f"{row.date}T00:00:00+08:00",
        _SOURCES.get(row.source, ("citizen", ""))[0],
        words_of(row),
        *((category.scheme, category.class_, category.code) if category else ("", "", "")),
        city.place_of(row),
        f"{row.street}{row.community}",
        city.holder_of(row),
    )


def words_of(row: Row) -> str:
    """Return the event as a sentence: where and what, then who told of it and how."""
    source = _SOURCES.get(row.source, ("", row.source))[1]
    return f"{row.street}{row.community} {row.sub_type}，{source}{row.nature}"


def _places(rows: Iterable[Row]) -> dict[tuple[str, str], AreaCode]:
    """Return codes for the streets and the communities of each, numbered in order of name."""
    seen = {(row.street, row.community) for row in rows if row.street != NOBODY}
    streets = sorted({street for street, _ in seen})
    found: dict[tuple[str, str], AreaCode] = {}
    for number, street in enumerate(streets, start=1):
        code = found[street, ""] = AreaCode(f"{DISTRICT}{number:03}")
        communities = sorted(name for own, name in seen if own == street and name != NOBODY)
        for turn, community in enumerate(communities, start=1):
            found[street, community] = AreaCode(f"{code}{turn:03}")
    return found


def _areas(places: Mapping[tuple[str, str], AreaCode]) -> Iterator[Area]:
    yield Area(CITY, "深圳市", Tier.CITY, None)
    yield Area(DISTRICT, "坪山区", Tier.DISTRICT, CITY)
    for (street, community), code in places.items():
        if community:
            yield Area(code, community, Tier.COMMUNITY, places[street, ""])
        else:
            yield Area(code, street, Tier.STREET, DISTRICT)


def _organisations(
    rows: Iterable[Row], places: Mapping[tuple[str, str], AreaCode]
) -> Iterator[Organisation]:
    """Yield a centre per tier, a station per community, and every unit where it was at work."""
    yield _body(CITY, Tier.CITY, "深圳市指挥中心", "", OrganisationKind.CENTRE)
    centres = {(Tier.DISTRICT, ""): "区指挥中心"}
    centres |= {(Tier.STREET, street): f"{street}分中心" for street, name in places if not name}
    for (tier, street), name in centres.items():
        area = places[street, ""] if street else DISTRICT
        function = name.removeprefix(street)
        yield _body(area, tier, name, function, OrganisationKind.CENTRE)
    for (_, community), code in places.items():
        if community:
            kind = OrganisationKind.COMMITTEE
            yield _body(code, Tier.COMMUNITY, community, STATION.name, kind)
    for (duty, street), name in sorted(_seen_at_work(rows).items()):
        if name not in centres.values():
            area = places[street, ""] if street else DISTRICT
            tier = _LEVELS[duty.reach]
            yield _body(area, tier, name, duty.name, OrganisationKind.DEPARTMENT)


def _seen_at_work(rows: Iterable[Row]) -> dict[tuple[Duty, str], str]:
    """Return the names of the district's units and of each street's."""
    found: dict[tuple[Duty, str], str] = {}
    for row in rows:
        duty = duty_of(row)
        if duty is not None and duty != STATION:
            found[duty, row.street if duty.reach is Reach.STREET else ""] = row.unit
    return found


def _body(
    area: AreaCode, tier: Tier, name: str, function: str, kind: OrganisationKind
) -> Organisation:
    return Organisation(
        code=OrganisationCode(f"{area}-{function or name}"),
        name=name,
        kind=kind,
        area=area,
        tier=tier,
        parent=None,
        functions=(Function(function),) if function else (),
    )


def _categories(rows: Iterable[Row]) -> dict[CategoryName, Category]:
    """Return codes for the types and the main types of each, numbered in order of name."""
    seen = sorted({(row.type, row.main_type) for row in rows if duty_of(row)})
    types = sorted({kind for kind, _ in seen})
    turns: Counter[str] = Counter()
    found: dict[CategoryName, Category] = {}
    for kind, main in seen:
        turns[kind] += 1
        found[kind, main] = Category(SCHEME, CLASS, f"{types.index(kind) + 1:02}{turns[kind]:03}")
    return found


def _entries(rows: Iterable[Row], categories: Mapping[CategoryName, Category]) -> Iterator[Entry]:
    """Yield an entry for every duty that had events of a category, the commonest first."""
    said: dict[CategoryName, dict[Duty, list[str]]] = {}
    for row in rows:
        duty = duty_of(row)
        if duty is not None:
            duties = said.setdefault((row.type, row.main_type), {})
            duties.setdefault(duty, []).append(words_of(row))
    for name, category in categories.items():
        duties = said[name]
        ordered = sorted(duties, key=lambda duty: (-len(duties[duty]), duty))
        for turn, duty in enumerate(ordered, start=1):
            yield _entry(category, name, turn, duty, duties[duty])


def _entry(
    category: Category, name: CategoryName, turn: int, duty: Duty, said: Sequence[str]
) -> Entry:
    who = f"{_PREFIXES[duty.reach]}{duty.name}"
    return Entry(
        code=EntryCode(f"{category.code}-{turn}"),
        category=category,
        category_name=name[1],
        title=f"{name[1][:28]}·{who}",
        condition=f"{name[0]}·{name[1]}, 由{who}处置",
        closing="已处置并反馈",
        kind=Kind.ITEM,
        level=_LEVELS[duty.reach],
        lead=Function(duty.name),
        support=(),
        urgency=Urgency.NORMAL,
        limit=parse_limit("5工作日"),
        evidence=Evidence.NONE,
        examples=_fitting(said),
        basis=EntryBasis.DRAFTED,
        source=f"2018 年实际处置 {len(said)} 件",
    )


def _fitting(said: Sequence[str]) -> tuple[str, ...]:
    """Return the different sentences, the newest as far as a cell of the sheet holds them."""
    kept: list[str] = []
    length = 0
    for words in dict.fromkeys(reversed(said)):
        length += len(words) + len(JOINER)
        if length > TEXT_LENGTH:
            break
        kept.append(words)
    return tuple(reversed(kept))

"""Tables of reports: numbers as they are read, beside what they were."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.area import Tier
from app.domain.authority import oversees
from app.domain.event import Channel
from app.domain.measure import RATES
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.responsibility import Kind
from app.web.pages import Reader
from app.web.visitor import Visitor

Shown = Mapping[str, Any]
"""A row or a number of a table as it goes over the wire."""
_PAGES: Final = {"/v1/statistics/units": "/reports/units", "/v1/units": "/units"}
"""Where the API's lists are shown."""
_NONE: Final = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, how it compares, and where its units are listed."""

    key: str
    shown: str
    number: float | None
    href: str | None
    asides: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """What a row is of, its place among its like, and its numbers."""

    code: str
    name: str
    cells: Sequence[Cell]
    place: int | None = None
    of: int | None = None
    ranked: float | None = None
    """The rate that it is ranked by."""
    is_deeper: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are of one sort: of one tier and kind of body, which are ranked together."""

    name: str
    lines: Sequence[Line]


def cells(row: Shown, keys: Iterable[str], reader: Reader) -> list[Cell]:
    """Return a row's numbers."""
    return [_cell(key, row, reader) for key in keys]


def _cell(key: str, row: Shown, reader: Reader) -> Cell:
    is_rate = key in RATES
    one = row["rates" if is_rate else "figures"].get(key, {})
    value, link = one.get("value"), one.get("list")
    sides = (
        (reader.say("上期", "before"), "before"),
        (reader.say("去年", "last year"), "last_year"),
    )
    known = [(name, one.get(side)) for name, side in sides]
    # Noughts everywhere say nothing.
    asides = [
        f"{name} {_written(before, is_rate=is_rate)}"
        + _changed(value, before, reader, is_rate=is_rate)
        for name, before in known
        if before is not None and (value or any(other for _, other in known))
    ]
    return Cell(
        key,
        _written(value, is_rate=is_rate),
        value,
        page_of(link) if link else None,
        asides,
    )


def number(key: str, value: float | None) -> Cell:
    """Return a number by itself."""
    return Cell(key, _written(value, is_rate=key in RATES), value, None, ())


def page_of(link: str) -> str:
    """Return where a list of the API is shown as a page."""
    path, _, query = link.partition("?")
    return f"{_PAGES[path]}?{query}"


def _written(value: float | None, *, is_rate: bool) -> str:
    if value is None:
        return _NONE
    return f"{value * 100:.1f}%" if is_rate else f"{value:,}"


def _changed(now: float | None, before: float, reader: Reader, *, is_rate: bool) -> str:
    """Say by how much a number has changed: in points where it is a rate."""
    if now is None or not before:
        return ""
    by = round((now - before) * 100, 1) if is_rate else now - before
    if not by:
        return reader.say(", 持平", ", same")
    more, less = ("升", "降") if is_rate else ("增", "减")
    way = reader.say(more, "up") if by > 0 else reader.say(less, "down")
    size = f"{abs(by):.1f} {reader.say('点', 'points')}" if is_rate else f"{abs(by):,}"
    return f", {way} {'+' if by > 0 else '−'}{size}"


def groups(shown: Shown, keys: Sequence[str], rank: str, me: Visitor) -> list[Group]:
    """Return the rows of a table, bodies of one tier and kind together and by their rank."""
    if shown["by"] != "organisation":
        lines = [
            Line(
                row["key"]["code"],
                _named(row, shown["by"], me.reader),
                cells(row, keys, me.reader),
            )
            for row in shown["rows"]
        ]
        return [Group("", lines)] if lines else []
    found: dict[tuple[Tier, OrganisationKind] | None, list[Line]] = {}
    own = me.rulebook.organisations[OrganisationCode(shown["organisation"]["code"])]
    for row in shown["rows"]:
        body = me.rulebook.organisations.get(OrganisationCode(row["key"]["code"]))
        sort = (body.tier, body.kind) if body else None
        found.setdefault(sort, []).append(
            Line(
                row["key"]["code"],
                row["key"]["name"],
                cells(row, keys, me.reader),
                *_place(row["rank"]),
                row["rates"][rank]["value"],
                body is not None and body.code != own.code and _is_seen(body, me),
            )
        )
    ordered = sorted(found.items(), key=lambda one: _order(one[0], own))
    return [
        Group(_sort_name(sort, me.reader), sorted(lines, key=_by_place)) for sort, lines in ordered
    ]


def _place(rank: Shown | None) -> tuple[int | None, int | None]:
    return (rank["place"], rank["of"]) if rank else (None, None)


def _is_seen(body: Organisation, me: Visitor) -> bool:
    return oversees(me.scope, body, me.rulebook.areas.path(body.area))


def _order(sort: tuple[Tier, OrganisationKind] | None, own: Organisation) -> tuple[Any, ...]:
    """Order groups: those below first, because they are what is compared."""
    if sort is None:
        return (2, 0, "")
    tier, kind = sort
    is_own = tier is own.tier
    return (int(is_own), tier.rank, list(OrganisationKind).index(kind))


def _sort_name(sort: tuple[Tier, OrganisationKind] | None, reader: Reader) -> str:
    if sort is None:
        return reader.say("已撤销的单位", "bodies of the past")
    return " · ".join(reader.word(one) for one in sort)


def _by_place(line: Line) -> tuple[int, str]:
    return (line.place or 1_000_000, line.name)


def _named(row: Shown, by: str | None, reader: Reader) -> str:
    code, name = row["key"]["code"], row["key"]["name"]
    words = {"channel": Channel, "kind": Kind}.get(by or "")
    return reader.word(words(code)) if words and code in list(words) else str(name)


def ranking(found: Iterable[Group]) -> list[Line]:
    """Return who is ranked, of the largest group that is: these are drawn as bars."""
    ranked = ([line for line in group.lines if line.place] for group in found)
    return max(ranked, key=len, default=[])


def path_to(body: Organisation, me: Visitor) -> Iterator[Organisation]:
    """Yield the centres over a body that its reader sees, and the body itself."""
    areas, bodies = me.rulebook.areas, me.rulebook.organisations
    for centre in bodies.centres(areas.path(body.area)):
        if centre.code != body.code and _is_seen(centre, me):
            yield centre
    yield body

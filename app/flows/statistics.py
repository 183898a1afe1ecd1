"""Statistics: what was counted of whom in a period, beside the period before and last year."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.area import Tier
from app.domain.event import Channel
from app.domain.lineage import Lineage, lineage
from app.domain.measure import RATES, Count, Counts, flow, rate
from app.domain.organisation import Organisation, OrganisationKind
from app.domain.period import Period, Span
from app.domain.responsibility import EntryCode
from app.domain.rulebook import Rulebook
from app.store import accounting, tallies
from app.store.accounting import AREA, Standing
from app.store.database import Tx
from app.store.tallies import By, Told, Wanted

NOW, BEFORE, LAST_YEAR = "now", "before", "last_year"
NO_ENTRY: Final = "none"
"""The category of what is not filed under any entry yet."""
_MOMENTS: Final = (By.DAY, By.MONTH)


@dataclass(frozen=True, slots=True)
class Question:
    """Whose figures, of when and of what, and by what they are told apart.

    `category` is a category's code, or an entry's; `rank` the rate that bodies are ranked by.
    The place of who is asked about costs as much as all its siblings: only who wants it asks.
    """

    body: Organisation
    period: Period
    by: By | None = None
    subtree: bool = True
    channel: str | None = None
    kind: str | None = None
    category: str | None = None
    rank: str = "disposal_on_time_rate"
    wants_place: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What was counted of one thing; what was open when the period began is `stock`.

    `before` and `last_year` are None where nothing is compared. `place` is its rank among
    `peers` of its tier and kind.
    """

    told: Told
    counts: Counts
    stock: int = 0
    before: Counts | None = None
    last_year: Counts | None = None
    stock_before: int | None = None
    stock_last_year: int | None = None
    place: int | None = None
    peers: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, all of them together, and up to when the log has been counted."""

    question: Question
    rows: Sequence[Row]
    total: Row
    as_of: datetime | None


async def table(tx: Tx, question: Question, rulebook: Rulebook) -> Table:
    """Return what was counted, as the city now is: an ended body's figures are its heir's."""
    seen = await accounting.standing(tx)
    found = await _table(tx, question, rulebook, seen)
    if await _is_other(tx, seen):
        return await _table(tx, question, rulebook, replace(seen, city=None))
    return found


async def _is_other(tx: Tx, seen: Standing) -> bool:
    """Tell whether the sums of areas became those of another city while they were read."""
    return bool(seen.areas) and (await accounting.standing(tx)).areas != seen.areas


async def _table(tx: Tx, question: Question, rulebook: Rulebook, seen: Standing) -> Table:
    wanted = _wanted(question, rulebook, seen)
    rows = await _rows(tx, question, wanted, question.by)
    if question.by is By.CATEGORY:
        rows = _by_category(rows, rulebook)
    if question.by in {None, By.DAY, By.MONTH}:
        whole = await _rows(tx, question, wanted, None) if question.by else rows
        total = whole[0] if whole else Row(None, {})
    else:
        total = _together(rows)
    if question.by is None:
        rows = []
    if question.by is By.ORGANISATION:
        rows = _ranked(rows, question.rank, rulebook)
    place, peers = await _among_siblings(tx, question, rulebook, seen)
    total = replace(total, place=place, peers=peers)
    return Table(question, rows, total, seen.counted_until)


async def trend(tx: Tx, question: Question, rulebook: Rulebook) -> Table:
    """Return a row for every day or month, whether or not anything was counted of it."""
    found = await table(tx, question, rulebook)
    known, stock = {row.told: row for row in found.rows}, found.total.stock
    span = Span.DAY if question.by is By.DAY else Span.MONTH
    rows = []
    for day in question.period.pieces(finest=span)[span]:
        rows.append(known.get(day) or Row(day, {}, stock))
        stock += flow(rows[-1].counts)
    return replace(found, rows=rows)


async def _among_siblings(
    tx: Tx, question: Question, rulebook: Rulebook, seen: Standing
) -> tuple[int, int] | tuple[None, None]:
    """Return the place of who is asked about among its like under the centre above, of how many."""
    body = question.body
    above = rulebook.organisations.centre_above(body, rulebook.areas)
    if above.code == body.code or not question.wants_place:
        return None, None
    asked = replace(question, body=above, by=By.ORGANISATION, subtree=True)
    wanted = _wanted(asked, rulebook, seen)
    counted = (await tallies.counts(tx, wanted, {NOW: question.period}, asked.by))[NOW]
    rows = _ranked([Row(*one) for one in counted.items()], question.rank, rulebook)
    own = next((row for row in rows if row.told == body.code and row.place), None)
    return (own.place, own.peers) if own and own.place and own.peers else (None, None)


async def _rows(tx: Tx, question: Question, wanted: Wanted, by: By | None) -> list[Row]:
    if wanted.groups is None and by is By.ORGANISATION:
        raise ValueError(by)
    period = question.period
    before, last = period.before(), period.last_year()
    if by in _MOMENTS:
        found = (await tallies.counts(tx, wanted, {NOW: period}, by))[NOW]
        stock = (await tallies.stocks(tx, wanted, {NOW: period.since}))[NOW].get(None, 0)
        return list(_running(found, stock))
    periods = {NOW: period, BEFORE: before, LAST_YEAR: last}
    counted = await tallies.counts(tx, wanted, periods, by)
    since = {NOW: period.since, LAST_YEAR: last.since}
    stock_of = await tallies.stocks(tx, wanted, since, by)
    keys: set[Told] = set().union(*counted.values(), *stock_of.values())
    return [
        Row(
            key,
            counted[NOW].get(key, {}),
            stock_of[NOW].get(key, 0),
            counted[BEFORE].get(key, {}),
            counted[LAST_YEAR].get(key, {}),
            # The period before ends where this one begins.
            stock_of[NOW].get(key, 0) - flow(counted[BEFORE].get(key, {})),
            stock_of[LAST_YEAR].get(key, 0),
        )
        for key in sorted(keys, key=str)
    ]


def _running(found: Mapping[Told, Counts], stock: int) -> Iterable[Row]:
    for key in sorted(found, key=str):
        yield Row(key, found[key], stock)
        stock += flow(found[key])


def _together(rows: Collection[Row]) -> Row:
    """Return the sum of rows."""
    return Row(
        None,
        _sum(row.counts for row in rows),
        sum(row.stock for row in rows),
        _sum(row.before or {} for row in rows),
        _sum(row.last_year or {} for row in rows),
        sum(row.stock_before or 0 for row in rows),
        sum(row.stock_last_year or 0 for row in rows),
    )


def _sum(found: Iterable[Counts]) -> Counts:
    total: Counter[Count] = Counter()
    for counts in found:
        total.update(counts)
    return total


def bodies_of(head: Organisation, rulebook: Rulebook, *, subtree: bool) -> Collection[str] | None:
    """Return those whose work is counted for a body, ended ones as well; None: all there are."""
    if subtree and _is_city(head, rulebook):
        return None
    return _lineage(rulebook).of(head, subtree=subtree)


def _lineage(rulebook: Rulebook) -> Lineage:
    return lineage(rulebook.areas, rulebook.organisations)


def _wanted(question: Question, rulebook: Rulebook, seen: Standing) -> Wanted:
    # Of an area there is no sum by entry.
    is_by_entry = question.by is By.CATEGORY or question.category is not None
    has_areas = not is_by_entry and seen.areas == _lineage(rulebook).mark
    return Wanted(
        _summed(question, rulebook) if has_areas else _groups(question, rulebook),
        question.channel,
        question.kind,
        entries_of(question.category, rulebook),
    )


def _is_city(head: Organisation, rulebook: Rulebook) -> bool:
    return head.kind is OrganisationKind.CENTRE and head.area == rulebook.areas.city.code


def _groups(question: Question, rulebook: Rulebook) -> Mapping[str, str] | None:
    """Return the bodies that count, each with whom it is told under; None: the whole city."""
    head = question.body
    among = bodies_of(head, rulebook, subtree=question.subtree)
    if among is None and question.by is not By.ORGANISATION:
        return None
    if question.subtree:
        return _lineage(rulebook).told_under(head).bodies
    return {code: _lineage(rulebook).group(head, code) for code in among or ()}


def _summed(question: Question, rulebook: Rulebook) -> Mapping[str, str] | None:
    """Return the same with whole areas, of which sums are kept, in the place of their bodies."""
    head, city = question.body, _lineage(rulebook)
    if not question.subtree:
        return _groups(question, rulebook)
    if question.by is By.ORGANISATION:
        groups = city.told_under(head)
        return {**{AREA + area: group for area, group in groups.areas.items()}, **groups.rest}
    area = city.whole(head)
    return _groups(question, rulebook) if area is None else {AREA + area: head.code}


def _heir(code: str, rulebook: Rulebook) -> Organisation | None:
    return _lineage(rulebook).heir(code)


def entries_of(category: str | None, rulebook: Rulebook) -> list[str] | None:
    """Return the entries of a category, by its code or one entry's own; None: all."""
    if category is None:
        return None
    if category == NO_ENTRY:
        return [""]
    return [
        code
        for code, entry in rulebook.list.items()
        if category in {code, entry.category.code, category_key(code, rulebook)}
    ] or [category]


def category_key(code: str, rulebook: Rulebook) -> str:
    """Return what the category of an entry is told by: scheme, class and code."""
    if not code:
        return NO_ENTRY
    entry = rulebook.list.get(EntryCode(code))
    if entry is None:
        return code
    category = entry.category
    return f"{category.scheme} {category.class_} {category.code}"


def _by_category(rows: Sequence[Row], rulebook: Rulebook) -> list[Row]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(category_key(str(row.told), rulebook), []).append(row)
    return [replace(_together(some), told=key) for key, some in sorted(found.items())]


def _ranked(rows: Sequence[Row], by: str, rulebook: Rulebook) -> list[Row]:
    """Return rows with their places among bodies of the same tier and kind, equals sharing one."""
    peers: dict[object, list[tuple[Row, float]]] = {}
    for row in rows:
        value, body = rate(by, row.counts), _heir(str(row.told), rulebook)
        if value is not None and body is not None:
            signed = -value if RATES[by].is_better_high else value
            peers.setdefault((body.tier, body.kind), []).append((row, signed))
    places: dict[Told, tuple[int, int]] = {}
    for some in peers.values():
        for row, value in some:
            better = sum(other < value for _, other in some)
            places[row.told] = (better + 1, len(some))
    return [
        replace(row, place=places[row.told][0], peers=places[row.told][1])
        if row.told in places
        else row
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class MonthlyRow:
    """A channel and a level of the officials' table; an empty one is all of them together."""

    channel: str
    level: str
    counts: Counts
    before: Counts
    stock: int


@dataclass(frozen=True, slots=True)
class Monthly:
    """The officials' monthly table (渠道 × 层级), and up to when the log has been counted."""

    rows: Sequence[MonthlyRow]
    as_of: datetime | None


async def monthly(tx: Tx, body: Organisation, month: Period, rulebook: Rulebook) -> Monthly:
    """Return a month by channel and by the level of the bodies that had the units."""
    seen = await accounting.standing(tx)
    rows = await _monthly(tx, body, month, rulebook, seen)
    if await _is_other(tx, seen):
        rows = await _monthly(tx, body, month, rulebook, replace(seen, city=None))
    return Monthly([*rows, _all(rows)] if rows else [], seen.counted_until)


async def _monthly(
    tx: Tx, body: Organisation, month: Period, rulebook: Rulebook, seen: Standing
) -> list[MonthlyRow]:
    by, city = By.CHANNEL_AND_LEVEL, _lineage(rulebook)
    summed = city.levels(body) if seen.areas == city.mark else None
    if summed is not None:
        wanted = Wanted({AREA + level: tier for level, tier in summed.items()})
    else:
        groups = _groups(Question(body, month, By.ORGANISATION), rulebook) or {}
        wanted = Wanted({code: tier_of(code, rulebook) for code in groups})
    counted = await tallies.counts(tx, wanted, {NOW: month, BEFORE: month.before()}, by)
    stock = (await tallies.stocks(tx, wanted, {NOW: month.since}, by))[NOW]
    keys: set[Told] = set().union(*counted.values(), stock)
    cells = [
        MonthlyRow(
            str(key).partition(" ")[0],
            str(key).partition(" ")[2],
            counted[NOW].get(key, {}),
            counted[BEFORE].get(key, {}),
            stock.get(key, 0),
        )
        for key in keys
    ]
    return sorted(cells, key=lambda cell: (_CHANNELS.index(cell.channel), _rank(cell.level)))


_CHANNELS: Final = tuple(channel.value for channel in Channel)


def _rank(level: str) -> int:
    return Tier(level).rank


def _all(cells: Iterable[MonthlyRow]) -> MonthlyRow:
    rows = [Row(None, cell.counts, cell.stock, cell.before) for cell in cells]
    total = _together(rows)
    return MonthlyRow("", "", total.counts, total.before or {}, total.stock)


def tier_of(code: str, rulebook: Rulebook) -> str:
    """Return the tier of a body, or of its heir."""
    body = _heir(code, rulebook)
    return (body.tier if body else Tier.CITY).value

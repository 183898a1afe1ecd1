"""Lists: the entries of the responsibility list, looked for and each told in full."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from app.domain.area import Tier
from app.domain.classify import kind_of
from app.domain.errors import NotFound
from app.domain.responsibility import Entry, EntryCode, Kind, ResponsibilityList, Urgency
from app.sheets import responsibility
from app.web import list_books as books
from app.web import list_fields
from app.web.list_books import SHOWN, Blank, Named, Number
from app.web.pages import workbook
from app.web.routing import pages
from app.web.visitor import Visiting

MOST_LETTERS: Final = 100

router = pages("/lists")


class EntryQuery(Named):
    """Which entries are looked for."""

    q: Annotated[str, Query(max_length=MOST_LETTERS)] = ""
    kind: Annotated[Kind | None, Blank] = None
    level: Annotated[Tier | None, Blank] = None
    urgency: Annotated[Urgency | None, Blank] = None
    lead: Annotated[str, Query(max_length=64)] = ""
    scheme: Annotated[str, Query(max_length=64)] = ""
    category: Annotated[str, Query(max_length=64)] = ""
    page: Number = 1

    @property
    def words(self) -> Sequence[str]:
        """The words that must all occur, however they are written."""
        return self.q.casefold().split()


@router.get("")
async def list_entries(me: Visiting, asked: Annotated[EntryQuery, Query()]) -> Response:
    """Show the entries that are looked for."""
    known = await books.entries(me, asked.version)
    found = [entry for entry in known.values() if _is_wanted(entry, asked)]
    found.sort(key=lambda entry: _remoteness(entry, asked.words))
    begin = (asked.page - 1) * SHOWN
    return me.page(
        "lists.html",
        asked=asked,
        found=found[begin : begin + SHOWN],
        total=len(found),
        known=len(known),
        asleep=known.asleep,
        schemes=_counts(known, lambda entry: entry.category.scheme),
        leads=_counts(known, lambda entry: entry.lead),
        kinds=(Kind.EVENT, Kind.ITEM),
        levels=tuple(Tier),
        urgencies=tuple(Urgency),
        kind_of=lambda entry: kind_of(entry)[0],
        limit=lambda entry: list_fields.texts(entry, "limit", me.reader)[0],
        **books.shared(me, "entries", asked.version),
    )


def _is_wanted(entry: Entry, asked: EntryQuery) -> bool:
    exact = (
        (asked.kind, kind_of(entry)[0]),
        (asked.level, entry.level),
        (asked.urgency, entry.urgency),
        (asked.lead, entry.lead),
        (asked.scheme, entry.category.scheme),
        (asked.category, entry.category.code),
    )
    if any(wanted and wanted != own for wanted, own in exact):
        return False
    text = _searched(entry)
    return all(word in text for word in asked.words)


def _searched(entry: Entry) -> str:
    said = (entry.code, entry.title, entry.category_name, entry.category.code, entry.condition)
    more = (*entry.path, *entry.keywords, *entry.synonyms, *entry.examples)
    return "\n".join((*said, *more)).casefold()


def _remoteness(entry: Entry, words: Sequence[str]) -> int:
    """Return how far from an entry's name the words are: who knows it by name finds it first."""
    name = f"{entry.code}\n{entry.title}\n{entry.category_name}".casefold()
    return sum(word not in name for word in words)


def _counts(known: ResponsibilityList, of: Callable[[Entry], str]) -> list[tuple[str, int]]:
    """Return the values that entries have, the commonest first."""
    return Counter(map(of, known.values())).most_common()


@router.get("/entries/{code:path}")
async def show_entry(code: str, me: Visiting, asked: Annotated[Named, Query()]) -> Response:
    """Show everything an entry says."""
    known = await books.entries(me, asked.version)
    entry = known.get(EntryCode(code))
    if entry is None:
        where = books.title(asked.version, me.reader)
        raise NotFound(
            zh=f"{where}中没有条目“{code}”", en=f"no entry {code} in {where}", field="code"
        )
    beside = [one for one in known.under(entry.category) if one.code != code]
    return me.page(
        "list_entry.html",
        entry=entry,
        kind=kind_of(entry)[0],
        lines=list_fields.lines(entry, me.reader),
        beside=beside[:SHOWN],
        is_asleep=entry.code in known.asleep,
        **books.shared(me, "entries", asked.version),
    )


@router.get("/sheet")
async def sheet(me: Visiting, asked: Annotated[Named, Query()]) -> Response:
    """Give the list as the sheet that a draft is made of."""
    known = await books.entries(me, asked.version)
    content = await asyncio.to_thread(_written, known)
    return workbook(content, f"list-{asked.version}")


def _written(known: ResponsibilityList) -> bytes:
    with tempfile.TemporaryDirectory(prefix="yiguan-") as folder:
        path = Path(folder, "list.xlsx")
        responsibility.write(path, known.values())
        return path.read_bytes()

"""One text tried (试一试): what a report of it would become, and why; nothing is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from app.api import explanations
from app.api.event_models import PlaceIn
from app.api.explanations import Foretelling, ReportIn
from app.api.problems import Problem, problem_of
from app.domain.errors import DomainError
from app.domain.event import Channel
from app.domain.explain.passage import SUBJECT, Subject
from app.domain.responsibility import Entry, EntryCode
from app.web import list_books as books
from app.web.list_books import Named
from app.web.routing import pages
from app.web.visitor import Visiting, Visitor

LONGEST: Final = 500
"""Letters of a text that is tried: it stands in the address, so that the result has one."""
MATCHES: Final = 8

router = pages("/lists")


class TextQuery(Named):
    """A text that is tried, and where it is."""

    text: Annotated[str, Query(max_length=LONGEST)] = ""
    place: Annotated[str, Query(max_length=300)] = ""
    source: Channel = Channel.HOTLINE
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that the text may mean, and what of the text speaks for it."""

    code: str
    entry: Entry | None
    score: float
    words: Sequence[str]


@router.get("/try")
async def try_text(me: Visiting, asked: Annotated[TextQuery, Query()]) -> Response:
    """Show what a report of one text would become and why."""
    common = {
        "asked": asked,
        "channels": tuple(Channel),
        "longest": LONGEST,
        **books.shared(me, "try", asked.version),
    }
    text = asked.text.strip()
    if not text or not (asked.whole or me.is_partial):
        state = "waiting" if text else "blank"
        return me.page("list_try.html", state=state, **common)
    told, problem = await _foretold(me, asked, text)
    return me.page(
        "list_foretold.html" if me.is_partial else "list_try.html",
        state="done",
        told=told,
        problem=problem,
        matches=await _matches(me, asked.version, told) if told else (),
        subjects=SUBJECT,
        otherwise=Subject.OTHERWISE,
        **common,
    )


async def _foretold(
    me: Visitor, asked: TextQuery, text: str
) -> tuple[Foretelling | None, Problem | None]:
    """Return what the report would become, or why that cannot be told."""
    place = asked.place.strip()
    is_code = place.isascii() and place.isdigit()
    where = PlaceIn(code=place) if is_code else PlaceIn(address=place)
    report = ReportIn(source=asked.source, occurred_at=me.now, text=text, place=where)
    try:
        told = await explanations.explain_report(
            asked.version, report, me.request, me.service, me.caller
        )
    except DomainError as error:
        return None, problem_of(me.request, error)
    return told, None


async def _matches(me: Visitor, version: str, told: Foretelling) -> list[Match]:
    """Return the entries that were considered, the likeliest first."""
    seen: Sequence[Mapping[str, Any]] = told.reasons.get("classification", {}).get("candidates", ())
    known = await books.entries(me, version)
    return [
        Match(one["entry"], known.get(EntryCode(one["entry"])), one["score"], one.get("words", ()))
        for one in seen[:MATCHES]
    ]

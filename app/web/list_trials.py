"""Trials: what past reports would become under a draft, and whose they would be."""

import asyncio
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from app.api import rulebooks as rulebooks_api
from app.api import trials as trials_api
from app.api.models import Day
from app.api.trials import MOST, ChangeOut, TryIn
from app.domain.area import Tier
from app.domain.responsibility import Kind
from app.domain.trial import Aspect
from app.domain.unit import State
from app.flows.drafts import CURRENT
from app.sheets.trial import trial_book
from app.web.list_books import Blank, Name, Named, shared, title
from app.web.pages import Reader, workbook
from app.web.routing import pages
from app.web.visitor import Visiting, Visitor

AMOUNTS: Final = (1_000, 10_000, MOST)
EXAMPLES: Final = 50

router = pages("/lists")


class TrialQuery(Named):
    """What is tried, against what, and over which events."""

    against: Name = CURRENT
    since: Annotated[Day | None, Blank] = None
    until: Annotated[Day | None, Blank] = None
    last: Annotated[int, Query(ge=1, le=MOST)] = AMOUNTS[1]
    whole: bool = False


@router.get("/trial")
async def trial(me: Visiting, asked: Annotated[TrialQuery, Query()]) -> Response:
    """Show what would move: first that it is being tried, which may take a minute."""
    common = {
        "asked": asked,
        "amounts": AMOUNTS,
        "other": title(asked.against, me.reader),
        **shared(me, "drafts" if asked.version.startswith("d") else "versions", asked.version),
    }
    if not (asked.whole or me.is_partial):
        for name in (asked.version, asked.against):
            await rulebooks_api.get_rulebook(name, me.service, me.caller)
        return me.page("list_trial.html", is_waiting=True, **common)
    done, sides = await trials_api.tried(asked.version, _body(me, asked), me.service, me.caller)
    return me.page(
        "list_moves.html" if me.is_partial else "list_trial.html",
        is_waiting=False,
        trial=trials_api.trial_out(done, sides, (asked.version, asked.against)),
        sides=partial(_sides, me.reader),
        **common,
    )


@router.get("/trial.xlsx")
async def trial_sheet(me: Visiting, asked: Annotated[TrialQuery, Query()]) -> Response:
    """Give a trial as a workbook."""
    body = _body(me, asked, examples=1000)
    done, sides = await trials_api.tried(asked.version, body, me.service, me.caller)
    book = await asyncio.to_thread(trial_book, done, sides)
    return workbook(book, f"trial-{asked.version}")


def _body(me: Visitor, asked: TrialQuery, *, examples: int = EXAMPLES) -> TryIn:
    """Return what the API is asked; a day is the city's, and the last one counts as well."""

    def begin(day: date | None) -> datetime | None:
        zone = me.reader.local(me.now).tzinfo
        return datetime.combine(day, time(), zone) if day else None

    after = asked.until + timedelta(days=1) if asked.until else None
    return TryIn(
        against=asked.against,
        since=begin(asked.since),
        until=begin(after),
        last=asked.last,
        examples=examples,
    )


_WORDS: Final[dict[Aspect, type[Kind | Tier | State]]] = {
    Aspect.KIND: Kind,
    Aspect.LEVEL: Tier,
    Aspect.TRIAGE: State,
}


def _sides(reader: Reader, change: ChangeOut) -> tuple[str, str]:
    """Return both sides of a change in the reader's words."""
    codes = _WORDS.get(change.aspect)
    if codes is None:
        return change.before_text, change.after_text
    sides = (
        "、".join(dict.fromkeys(reader.word(codes(str(one))) for one in side)) or "—"
        for side in (change.before, change.after)
    )
    before, after = sides
    return before, after

"""What a deadline would be: questions asked of a calendar and a list, nothing written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain import whatif
from app.domain.calendar import Calendar
from app.domain.errors import Invalid
from app.domain.limit import Basis, Limit
from app.domain.responsibility import Entry, EntryCode
from app.domain.whatif import Answer


@dataclass(frozen=True, slots=True)
class Question:
    """From when on, and a limit: as a text, as minutes of a basis, or as an entry has it."""

    start: datetime
    limit: str | None = None
    minutes: int | None = None
    basis: Basis | None = None
    entry: str | None = None


def answer(
    question: Question,
    calendar: Calendar,
    city: Calendar,
    entries: Mapping[EntryCode, Entry],
    *,
    where: str = "",
) -> Answer:
    """Return when the limit is used up; raises Invalid for what cannot be counted.

    `where` stands before the name of the field at fault.
    """
    limit = _limit(question, entries, where)
    return whatif.answer(question.start, limit, calendar, city, field=f"{where}start")


def _limit(question: Question, entries: Mapping[EntryCode, Entry], where: str) -> Limit:
    given = (question.limit, question.minutes, question.entry)
    if sum(one is not None for one in given) != 1:
        raise Invalid(
            zh="limit、minutes、entry 恰给其一",
            en="give exactly one of limit, minutes and entry",
            field=f"{where}limit",
        )
    if question.limit is not None:
        return whatif.limit_of(question.limit, question.basis, f"{where}limit")
    if question.minutes is not None:
        basis = question.basis or Basis.WORK
        return whatif.minutes_of(question.minutes, basis, f"{where}minutes")
    found = entries.get(EntryCode(question.entry or ""))
    if found is None:
        raise Invalid(
            zh=f"职责清单中没有条目“{question.entry}”",
            en=f"the list has no entry {question.entry}",
            field=f"{where}entry",
        )
    if question.basis is not None and question.basis is not found.limit.basis:
        raise Invalid(
            zh=f"条目的时限为 {found.limit}, 不能另给 basis",
            en=f"the entry's limit is {found.limit}: leave out the basis",
            field=f"{where}basis",
        )
    return found.limit

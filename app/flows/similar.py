"""Similar reports: a batch is compared with what is open around it, and with itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain import similar
from app.domain.admission import Admission
from app.domain.policy import Policy
from app.domain.rulebook import Rulebook
from app.domain.similar import Question, Trace, Verdict
from app.domain.unit import Unit
from app.store import similar as similar_store
from app.store import units as unit_store
from app.store.database import Tx
from app.store.similar import Lock


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A new report, the policy at its place, and what to look for around it, if anything."""

    admission: Admission
    policy: Policy
    question: Question | None


def enquiries(admissions: Sequence[Admission], rulebook: Rulebook) -> list[Enquiry]:
    """Return what is to be looked for around each of some new reports."""
    with_policy = ((one, rulebook.policy_at(one.root.unit.place)) for one in admissions)
    return [Enquiry(one, policy, similar.question(one, policy)) for one, policy in with_policy]


def places(asked: Sequence[Enquiry]) -> list[Lock]:
    """Return what a batch locks before it looks around, so that no other writes there meanwhile.

    What nobody has classified yet is merged into nothing and has nothing merged into it.
    """
    sure = (one.question for one in asked if one.admission.root.unit.entry)
    return similar_store.locks([one for one in sure if one is not None])


async def compare(tx: Tx, asked: Sequence[Enquiry]) -> list[Admission]:
    """Return the admissions with each report merged, marked as recurring, or as it was.

    One look-up for the batch; two statements more if something is merged into a unit that was
    there before, which is owned so that it does not end meanwhile. Where one has ended all the
    same, the next best is owned in its turn.
    """
    questions = [one.question for one in asked]
    if not any(questions):
        return [one.admission for one in asked]
    around = await similar_store.around(tx, questions)
    found = _verdicts(asked, around)
    ours: set[UUID] = {one.admission.event.id for one in asked}
    while wanted := set(similar.ids(found)) - ours:
        still_open = {unit.id for unit in await unit_store.take(tx, list(wanted)) if unit.desk}
        ours |= still_open
        gone = wanted - still_open
        if gone:
            around = [[one for one in seen if one.id not in gone] for seen in around]
            found = _verdicts(asked, around)
    return [
        similar.judged(one.admission, verdict) for one, verdict in zip(asked, found, strict=True)
    ]


async def foretell(tx: Tx, admission: Admission, rulebook: Rulebook) -> Admission:
    """Return what `compare` would make of one report now; nothing is owned."""
    (asked,) = enquiries([admission], rulebook)
    (around,) = await similar_store.around(tx, [asked.question])
    return similar.judged(admission, similar.verdict(admission.root.unit, around, asked.policy))


def _verdicts(asked: Sequence[Enquiry], around: Sequence[Sequence[Trace]]) -> list[Verdict]:
    """Judge each report by the units around it and by those before it in the batch."""
    found: list[Verdict] = []
    before: dict[str, list[Trace]] = {}
    for one, seen in zip(asked, around, strict=True):
        unit, question = one.admission.root.unit, one.question
        if question is None:
            found.append(Verdict())
            continue
        keys = [(question.entry, key) for key in (*question.cells, question.device) if key]
        beside = [trace for key in keys for trace in before.get(" ".join(key), ())]
        traces = {trace.id: trace for trace in (*seen, *beside)}.values()
        verdict = similar.verdict(unit, traces, one.policy)
        found.append(verdict)
        if verdict.into is None and unit.entry:
            _remember(unit, before)
    return found


def _remember(unit: Unit, before: dict[str, list[Trace]]) -> None:
    for key in (unit.cell, unit.device):
        if key:
            before.setdefault(f"{unit.entry} {key}", []).append(Trace.of(unit))

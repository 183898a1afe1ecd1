"""Similar reports: a batch is compared with what is open around it, and with itself."""

from collections.abc import Sequence

from app.domain import similar
from app.domain.admission import Admission
from app.domain.policy import Policy
from app.domain.rulebook import Rulebook
from app.domain.similar import Question, Trace, Verdict
from app.domain.unit import Unit
from app.store import similar as similar_store
from app.store import units as unit_store
from app.store.database import Tx


async def compare(tx: Tx, admissions: Sequence[Admission], rulebook: Rulebook) -> list[Admission]:
    """Return the admissions with each report merged, marked as recurring, or as it was.

    One look-up for the batch; two statements more if something is merged into a unit that was
    there before, which is owned so that it does not end meanwhile.
    """
    policies = [_policy(one, rulebook) for one in admissions]
    asked = [similar.question(*pair) for pair in zip(admissions, policies, strict=True)]
    if not any(asked):
        return list(admissions)
    around = await similar_store.around(tx, asked)
    found = _verdicts(admissions, policies, asked, around)
    own = {one.event.id for one in admissions}
    wanted = [unit for unit in similar.ids(found) if unit not in own]
    if wanted:
        still_open = {unit.id for unit in await unit_store.take(tx, wanted) if unit.desk}
        gone = set(wanted) - still_open
        if gone:
            around = [[one for one in seen if one.id not in gone] for seen in around]
            found = _verdicts(admissions, policies, asked, around)
    return [similar.judged(*pair) for pair in zip(admissions, found, strict=True)]


async def foretell(tx: Tx, admission: Admission, rulebook: Rulebook) -> Admission:
    """Return what `compare` would make of one report now; nothing is owned."""
    policy = _policy(admission, rulebook)
    asked = similar.question(admission, policy)
    (around,) = await similar_store.around(tx, [asked])
    return similar.judged(admission, similar.verdict(admission.root.unit, around, policy))


def _policy(admission: Admission, rulebook: Rulebook) -> Policy:
    areas = rulebook.areas
    return rulebook.policies.at(areas.path(admission.root.unit.place.finest(areas)))


def _verdicts(
    admissions: Sequence[Admission],
    policies: Sequence[Policy],
    asked: Sequence[Question | None],
    around: Sequence[Sequence[Trace]],
) -> list[Verdict]:
    """Judge each report by the units around it and by those before it in the batch."""
    found: list[Verdict] = []
    before: dict[str, list[Trace]] = {}
    for one, policy, question, seen in zip(admissions, policies, asked, around, strict=True):
        if question is None:
            found.append(Verdict())
            continue
        keys = [(question.entry, key) for key in (*question.cells, question.device) if key]
        beside = [trace for key in keys for trace in before.get(" ".join(key), ())]
        verdict = similar.verdict(
            one.root.unit, {t.id: t for t in (*seen, *beside)}.values(), policy
        )
        found.append(verdict)
        if verdict.into is None and one.root.unit.entry:
            _remember(one.root.unit, before)
    return found


def _remember(unit: Unit, before: dict[str, list[Trace]]) -> None:
    for key in (unit.cell, unit.device):
        if key:
            before.setdefault(f"{unit.entry} {key}", []).append(Trace.of(unit))

"""Explanations: of a unit from the reasons stored with it, of a report without sending it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from app import data
from app.domain.admission import Admission
from app.domain.clock import Clock
from app.domain.counterfactual.questions import otherwise
from app.domain.errors import Invalid
from app.domain.event import Event
from app.domain.explain.passage import Background, Passage, Version
from app.domain.explain.unit import explain
from app.domain.organisation import Function
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from app.flows import drafts, intake, similar
from app.flows.rulebook import Library, Reference
from app.store import clocks, rulebooks
from app.store.database import Tx


@dataclass(frozen=True)
class Foretold:
    """What a report would become, by which rulebook, and why."""

    admission: Admission
    rulebook: Rulebook
    passages: tuple[Passage, ...]


async def of_unit(tx: Tx, library: Library, unit: Unit) -> tuple[Passage, ...]:
    """Return why a unit is what and where it is, by the rulebook it was judged by."""
    running = (await clocks.of_units(tx, [unit.id])).get(unit.id, ())
    reference = await library.at(tx, unit.rulebook)
    version = await _version(tx, str(unit.rulebook), reference)
    return _story(unit, running, Background(reference.rulebook, version, _functions()))


async def of_report(
    tx: Tx, library: Library, name: str, report: Event, *, now: datetime
) -> Foretold:
    """Judge a report by a version or draft and tell why; nothing is written.

    Raises NotFound for an unknown version, Invalid for codes that version does not know.
    """
    reference = await drafts.reference(tx, library, name, now=now)
    if report.organisation not in reference.rulebook.organisations:
        raise Invalid(
            zh=f"该版本中没有您的单位“{report.organisation}”",
            en=f"that version has no organisation {report.organisation}",
            field="version",
        )
    intake.check(report, reference)
    (admission,) = intake.judge([report], reference, now)
    admission = await similar.foretell(tx, admission, reference.rulebook)
    version = await _version(tx, name, reference)
    background = Background(reference.rulebook, version, _functions())
    told = _story(admission.root.unit, admission.root.clocks, background)
    return Foretold(admission, reference.rulebook, told)


def _story(unit: Unit, running: tuple[Clock, ...], background: Background) -> tuple[Passage, ...]:
    told = explain(unit, running, background)
    return (*told, *otherwise(unit, running, background))


async def _version(tx: Tx, name: str, reference: Reference) -> Version:
    number = reference.rulebook.version
    edition = await rulebooks.edition(tx, number)
    if edition is None or name not in {drafts.CURRENT, str(number)}:
        return Version(name)
    return Version(str(number), edition.published_at, edition.published_by, edition.in_force_at)


@cache
def _functions() -> Mapping[Function, str]:
    """Return what the shipped functions are called; a city's own are told by their codes."""
    return {Function(code): name for code, name in data.functions().items()}

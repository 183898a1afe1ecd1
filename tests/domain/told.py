"""Reports of the small city judged and told, for the tests of explanations."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.domain.admission import Admission, admit
from app.domain.area import AreaCode
from app.domain.classify import Candidate
from app.domain.counterfactual.questions import otherwise
from app.domain.explain.passage import Background, Passage, Subject, Version
from app.domain.explain.unit import explain
from app.domain.filing import Filed
from app.domain.organisation import Function
from app.domain.policy import LocalPolicy, Policies
from app.domain.responsibility import EntryCode
from app.domain.rulebook import Rulebook
from tests import given, pieces
from tests.pieces import NOON

BOOK = given.in_memory()
NAMES = {Function("sanitation"): "环境卫生", Function("municipal"): "市政设施"}
GARBAGE, COVER, BRANCH, HOLE, FIRE = (entry.code for entry in given.entries())
VERSION = Version("17", NOON, "李主任", NOON)


def candidates(*seen: tuple[str, float]) -> tuple[Candidate, ...]:
    return tuple(Candidate(EntryCode(code), score, ("垃圾", "臭")) for code, score in seen)


def admitted(
    *seen: tuple[str, float], area: str = given.GRID, book: Rulebook = BOOK, **event: Any
) -> Admission:
    """What a report becomes whose text speaks for these entries."""
    found = pieces.found(area, candidates=candidates(*seen))
    return admit(pieces.event(**event), found, book, NOON)


def told(filed: Filed, book: Rulebook = BOOK, version: Version = VERSION) -> tuple[Passage, ...]:
    return explain(filed.unit, filed.clocks, Background(book, version, NAMES))


def differences(filed: Filed, book: Rulebook = BOOK) -> tuple[Passage, ...]:
    return otherwise(filed.unit, filed.clocks, Background(book, VERSION, NAMES))


def about(topic: Subject, passages: Sequence[Passage]) -> Passage:
    return next(one for one in passages if one.topic is topic)


def changed(change: str, passages: Sequence[Passage]) -> Passage:
    return next(one for one in passages if one.facts["change"] == change)


def with_policy(**values: Any) -> Rulebook:
    """The small city's rulebook with this said of the whole city."""
    return replace(BOOK, policies=Policies({AreaCode(given.CITY): LocalPolicy(**values)}))

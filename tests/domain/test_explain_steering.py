"""Explanations: who coordinates a disputed unit meanwhile, and who supervises it by when."""

from dataclasses import replace

import pytest

from app.domain import dispute
from app.domain.authority import Role
from app.domain.explain.passage import Subject
from app.domain.filing import Filed
from app.domain.organisation import OrganisationCode
from app.domain.oversight import Demand, supervised
from app.domain.timing import Terms
from app.domain.unit import State
from tests import given, pieces
from tests.domain.told import BOOK, GARBAGE, about, admitted, told
from tests.given import EAST, HARBOUR
from tests.pieces import NOON

ROOT = admitted((GARBAGE, 0.93)).root
RETURNED = replace(dispute.returned(ROOT.unit), state=State.FILED)


def sentences(filed: Filed, topic: Subject) -> tuple[str, str]:
    one = about(topic, told(filed))
    return one.sentence(chinese=True), one.sentence(chinese=False)


def test_a_returned_unit_tells_who_coordinates_meanwhile():
    zh, en = sentences(replace(ROOT, unit=RETURNED), Subject.DISPUTE)
    assert zh == (
        "争议: 第1网格网格队未承接, 已退回 1 次; 其间由首接单位第1网格网格队统筹协调(首接负责)。"
    )
    assert en == (
        "Dispute: 第1网格网格队 did not take it (returns so far: 1); 第1网格网格队, the first to"
        " have had it, coordinates meanwhile."
    )


def test_one_that_was_sent_up_counts_no_return():
    unit = replace(dispute.escalated(ROOT.unit), state=State.FILED)
    zh, en = sentences(replace(ROOT, unit=unit), Subject.DISPUTE)
    assert zh.startswith("争议: 第1网格网格队未承接; 其间")
    assert en.startswith("Dispute: 第1网格网格队 did not take it; ")


def test_one_that_waits_for_a_ruling_tells_whose():
    unit = dispute.awaiting(RETURNED, OrganisationCode(f"{EAST}-ZX"))
    zh, en = sentences(replace(ROOT, unit=unit), Subject.DISPUTE)
    assert zh.endswith("(首接负责); 须由东江区治理中心指定承办。")
    assert en.endswith("; 东江区治理中心 must rule who has it.")


def test_the_first_coordinates_though_another_gave_it_back_last():
    second = replace(RETURNED, holder=OrganisationCode(f"{HARBOUR}-MS"))
    passage = about(Subject.DISPUTE, told(replace(ROOT, unit=dispute.returned(second))))
    assert passage.facts["coordinator"] == ROOT.unit.holder
    assert passage.facts["given_back"] == [ROOT.unit.holder, f"{HARBOUR}-MS"]


@pytest.mark.parametrize("ended", ["ruled", "taken on"])
def test_a_dispute_that_is_over_is_not_told(ended: str):
    unit = replace(RETURNED, state=State.ACCEPTED)
    if ended == "ruled":
        unit = dispute.ruled(RETURNED, {"holder": ROOT.unit.holder, "by": "李主任"})
    assert not [one for one in told(replace(ROOT, unit=unit)) if one.topic is Subject.DISPUTE]


def test_a_supervised_unit_tells_by_whom_and_by_when():
    head = pieces.caller(f"{EAST}-ZX", Role.SUPERVISOR, name="李主任")
    entry = BOOK.list[GARBAGE]
    terms = Terms(entry, BOOK.policies.at(BOOK.areas.path(BOOK.areas.city.code)), BOOK.calendar,
                  entry.urgency)  # fmt: skip
    demand = Demand(given.limit("2工作日"), head.name, head.organisation, NOON)
    unit, clocks = supervised(ROOT.unit, ROOT.clocks, terms, demand)
    zh, en = sentences(Filed(unit, (), clocks), Subject.SUPERVISION)
    assert zh == (
        "督办: 东江区治理中心“李主任”自 2026-11-20 09:30:00 起督办, 限2工作日内办结,"
        " 至 2026-11-24 09:30:00 止。"
    )
    assert en == (
        "Supervision: “李主任” of 东江区治理中心 supervises it since 2026-11-20 09:30:00 and wants"
        " it done within 2 working days, by 2026-11-24 09:30:00."
    )


def test_one_that_nobody_supervises_says_nothing_of_it():
    assert not [one for one in told(ROOT) if one.topic is Subject.SUPERVISION]

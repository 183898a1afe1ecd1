"""What stops a unit on its way: centres that pass on by hand, and desks with nobody on duty."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.action import Action
from app.domain.area import AreaCode, Tier
from app.domain.filing import Assignment, assign, plan_tasks
from app.domain.organisation import OrganisationCode
from app.domain.passing import next_stop
from app.domain.policy import LocalPolicy, Policies
from app.domain.responsibility import Duty, Entry, Urgency
from app.domain.roster import Roster, Shift
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.unit import State
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY
from tests.pieces import NOON

RUBBISH, COVER, BRANCH, HOLE, FIRE = given.entries()
MIDNIGHT = NOON + timedelta(hours=15)
CENTRES = {"city": f"{CITY}-ZX", "east": f"{EAST}-ZX", "harbour": f"{HARBOUR}-ZX"}
CODES = {"city": CITY, "east": EAST, "harbour": HARBOUR}
BY_HAND = LocalPolicy(stepwise={Urgency.NORMAL: True, Urgency.URGENT: True, Urgency.MAJOR: True})


def stepwise(*names: str, section: LocalPolicy = BY_HAND, **changes: Any) -> Rulebook:
    policies = {AreaCode(code): LocalPolicy() for code in CODES.values()}
    policies |= {AreaCode(CODES[name]): section for name in names}
    # What the city says holds for everybody below who does not say otherwise.
    for name in set(CODES) - set(names):
        off = dict.fromkeys(Urgency, False)
        policies[AreaCode(CODES[name])] = LocalPolicy(stepwise=off)
    return pieces.rulebook(policies=Policies(policies), **changes)


def shift(body: str, *, hours: int = 8, person: str = "李强") -> Shift:
    return Shift(OrganisationCode(body), person, "023-1", NOON, NOON + timedelta(hours=hours))


def assigned(
    entry: Entry, book: Rulebook, area: str = GRID, now: datetime | None = NOON, **how: Any
) -> Assignment:
    return assign(entry, book.areas.path(AreaCode(area)), book, now=now, **how)


# By hand


@pytest.mark.parametrize(
    ("names", "stop"),
    [
        (("city", "east", "harbour"), "city"),
        (("east", "harbour"), "east"),
        (("harbour",), "harbour"),
    ],
)
def test_the_first_centre_from_the_city_down_that_passes_on_by_hand_keeps_it(
    names: tuple[str, ...], stop: str
):
    found = assigned(RUBBISH, stepwise(*names))
    assert (found.route.holder.code, found.route.reason, found.onward) == (
        CENTRES[stop],
        RouteReason.STEPWISE,
        None,
    )


def test_what_was_meant_is_kept_with_its_reason():
    reasons = assigned(RUBBISH, stepwise("east")).fields({})["reasons"]["route"]
    assert (reasons["by"], reasons["meant"], reasons["meant_by"]) == (
        RouteReason.STEPWISE,
        f"{GRID}-WG",
        RouteReason.HELD,
    )


def test_the_route_ends_where_the_unit_is():
    assert assigned(RUBBISH, stepwise("east")).route.hops == (CENTRES["city"], CENTRES["east"])


def test_a_centre_below_the_holder_stops_nothing():
    found = assigned(COVER, stepwise("harbour"))
    assert (found.route.holder.code, found.onward) == (f"{EAST}-PS", Action.DISPATCH)


@pytest.mark.parametrize(
    ("entry", "stops"), [(RUBBISH, True), (COVER, False)], ids=["normal", "urgent"]
)
def test_each_urgency_is_asked_for_itself(entry: Entry, *, stops: bool):
    section = LocalPolicy(stepwise={Urgency.NORMAL: True})
    found = assigned(entry, stepwise("city", section=section))
    assert (found.route.reason is RouteReason.STEPWISE) is stops


def test_the_centres_own_area_decides_not_that_of_the_place():
    book = pieces.rulebook(
        policies=Policies(
            {
                AreaCode(CITY): BY_HAND,
                AreaCode(HARBOUR): LocalPolicy(stepwise=dict.fromkeys(Urgency, False)),
            }
        )
    )
    assert assigned(RUBBISH, book).route.holder.code == CENTRES["city"]


def test_an_event_stops_on_its_way_to_the_centre_that_owns_it():
    pressing = replace(FIRE, urgency=Urgency.URGENT)
    found = assigned(pressing, stepwise("city"))
    assert (found.route.holder.code, found.route.meant, found.onward) == (
        CENTRES["city"],
        given.in_memory().organisations[OrganisationCode(CENTRES["east"])],
        None,
    )


def test_an_event_that_has_come_to_its_owner_is_coordinated():
    pressing = replace(FIRE, urgency=Urgency.URGENT)
    assert assigned(pressing, stepwise("east")).onward is Action.COORDINATE


def test_the_tasks_of_a_centre_that_passes_on_by_hand_wait_on_its_desk():
    pressing = replace(FIRE, urgency=Urgency.URGENT)
    book = stepwise("city", "east", entries=(pressing,))
    parent = pieces.unit(
        State.COORDINATING,
        holder=OrganisationCode(CENTRES["east"]),
        entry=FIRE.code,
        urgency=Urgency.URGENT,
    )
    tasks = plan_tasks(parent, pressing, book.areas.path(AreaCode(GRID)), book, NOON)
    assert {(task.unit.holder, task.unit.state) for task in tasks} == {
        (CENTRES["east"], State.FILED)
    }


def test_a_gap_on_its_way_stays_a_gap():
    book = stepwise("east", organisations=pieces.without("landscaping", HARBOUR))
    route = assigned(BRANCH, book).route
    assert (route.holder.code, route.is_gap) == (CENTRES["east"], True)


@pytest.mark.parametrize(
    ("names", "after", "stop", "reason"),
    [
        (("city", "east", "harbour"), "city", CENTRES["east"], RouteReason.STEPWISE),
        (("city", "harbour"), "city", CENTRES["harbour"], RouteReason.STEPWISE),
        (("city", "east", "harbour"), "harbour", f"{GRID}-WG", RouteReason.HELD),
        (("city",), "city", f"{GRID}-WG", RouteReason.HELD),
    ],
)
def test_a_centre_passes_on_to_the_next_that_does_so_too_and_at_last_to_the_holder(
    names: tuple[str, ...], after: str, stop: str, reason: RouteReason
):
    book = stepwise(*names)
    meant = assigned(RUBBISH, pieces.rulebook()).route
    route = next_stop(meant, book, Urgency.NORMAL, NOON, after=OrganisationCode(CENTRES[after]))
    assert (route.holder.code, route.reason) == (stop, reason)


def test_a_centre_with_nobody_there_is_passed_over_by_hand():
    book = stepwise("city", "harbour", roster=Roster([shift(CENTRES["harbour"])]))
    meant = assigned(RUBBISH, pieces.rulebook()).route
    city = OrganisationCode(CENTRES["city"])
    route = next_stop(meant, book, Urgency.NORMAL, MIDNIGHT, after=city)
    assert route.holder.code == f"{GRID}-WG"


def test_what_a_street_files_for_its_district_the_district_passes_on():
    found = assigned(COVER, stepwise("city", "east"), since=OrganisationCode(CENTRES["harbour"]))
    assert found.route.holder.code == CENTRES["east"]


def test_what_a_street_files_does_not_climb_to_the_city():
    found = assigned(RUBBISH, stepwise("city"), since=OrganisationCode(CENTRES["harbour"]))
    assert found.route.holder.code == f"{GRID}-WG"


# Emergencies


def test_an_emergency_goes_straight_to_the_street_and_those_above_are_told():
    found = assigned(FIRE, stepwise("city", "east", "harbour"))
    assert (found.route.holder.code, found.route.reason, found.told) == (
        CENTRES["harbour"],
        RouteReason.EMERGENCY,
        (CENTRES["east"], CENTRES["city"]),
    )


@pytest.mark.parametrize(
    ("area", "owner", "told"),
    [(QUAY, "harbour", 2), (HARBOUR, "harbour", 2), (EAST, "east", 1), (CITY, "city", 0)],
)
def test_an_emergency_known_less_finely_goes_to_the_nearest_centre(
    area: str, owner: str, told: int
):
    found = assigned(FIRE, pieces.rulebook(), area)
    assert (found.route.holder.code, len(found.told)) == (CENTRES[owner], told)


def test_where_nothing_counts_as_an_emergency_the_level_decides():
    book = pieces.rulebook(policies=Policies({AreaCode(CITY): LocalPolicy(emergencies=())}))
    found = assigned(FIRE, book)
    assert (found.route.holder.code, found.route.reason, found.told) == (
        CENTRES["east"],
        RouteReason.OWNED,
        (),
    )


def test_a_pressing_item_stays_with_who_holds_its_duty():
    assert assigned(replace(COVER, urgency=Urgency.MAJOR), pieces.rulebook()).told == ()


# Duties


@pytest.mark.parametrize("duty", [Duty.WITHDRAWN, Duty.COOPERATING])
@pytest.mark.parametrize("level", [Tier.STREET, Tier.COMMUNITY, Tier.GRID])
def test_what_streets_do_not_lead_goes_to_the_district(duty: Duty, level: Tier):
    found = assigned(replace(RUBBISH, duty=duty, level=level), pieces.rulebook())
    assert (found.route.holder.code, found.route.reason) == (f"{EAST}-CG", RouteReason.DUTY)


def test_a_basic_duty_stays_with_the_street():
    found = assigned(replace(RUBBISH, duty=Duty.BASIC), pieces.rulebook())
    assert found.route.holder.code == f"{GRID}-WG"


def test_what_was_taken_back_and_nobody_holds_at_the_district_goes_further_up():
    book = pieces.rulebook(organisations=pieces.without("sanitation", EAST))
    found = assigned(replace(RUBBISH, duty=Duty.WITHDRAWN), book)
    assert (found.route.holder.code, found.route.reason) == (f"{CITY}-CG", RouteReason.ABOVE)


def test_an_emergency_taken_back_from_streets_is_the_districts():
    found = assigned(replace(FIRE, duty=Duty.WITHDRAWN), pieces.rulebook())
    assert (found.route.holder.code, found.told) == (CENTRES["east"], (CENTRES["city"],))


@pytest.mark.parametrize(
    ("duty", "holders"),
    [
        (Duty.WITHDRAWN, [f"{EAST}-CG", f"{EAST}-GA"]),
        (Duty.COOPERATING, [f"{EAST}-CG", f"{HARBOUR}-MS"]),
    ],
)
def test_what_was_taken_back_is_no_task_for_a_street_and_a_cooperating_street_supports(
    duty: Duty, holders: list[str]
):
    joint = replace(BRANCH, kind=None, joint=(given.Function("public_security"),), duty=duty)
    book = pieces.rulebook(entries=(joint,))
    path = book.areas.path(AreaCode(GRID))
    parent = pieces.unit(State.COORDINATING, holder=OrganisationCode(CENTRES["east"]))
    tasks = plan_tasks(parent, joint, path, book, NOON)
    assert [task.unit.holder for task in tasks] == holders


# Rosters


def test_somebody_on_duty_takes_it_and_is_named():
    book = pieces.rulebook(roster=Roster([shift(f"{GRID}-WG")]))
    found = assigned(RUBBISH, book)
    reasons = found.fields({})["reasons"]["route"]
    assert (found.onward, reasons["on_duty"]) == (
        Action.DISPATCH,
        [{"person": "李强", "phone": "023-1"}],
    )


def test_nobody_on_duty_and_the_centre_above_has_it():
    book = pieces.rulebook(roster=Roster([shift(f"{GRID}-WG")]))
    found = assigned(RUBBISH, book, now=MIDNIGHT)
    assert (found.route.holder.code, found.route.reason, found.onward) == (
        CENTRES["harbour"],
        RouteReason.OFF_DUTY,
        None,
    )
    assert found.fields({})["reasons"]["route"]["meant"] == f"{GRID}-WG"


def test_an_empty_desk_after_another_leads_further_up():
    shifts = [shift(f"{GRID}-WG"), shift(CENTRES["harbour"])]
    found = assigned(RUBBISH, pieces.rulebook(roster=Roster(shifts)), now=MIDNIGHT)
    assert found.route.holder.code == CENTRES["east"]


def test_the_city_takes_what_nobody_is_there_for():
    shifts = [shift(body) for body in (f"{GRID}-WG", *CENTRES.values())]
    found = assigned(RUBBISH, pieces.rulebook(roster=Roster(shifts)), now=MIDNIGHT)
    assert (found.route.holder.code, found.route.on_duty) == (CENTRES["city"], ())


def test_a_body_without_a_roster_is_always_on_duty():
    book = pieces.rulebook(roster=Roster([shift(f"{EAST}-CG")]))
    assert assigned(RUBBISH, book, now=MIDNIGHT).route.holder.code == f"{GRID}-WG"


def test_an_event_whose_centre_is_empty_is_coordinated_by_the_one_above():
    book = pieces.rulebook(roster=Roster([shift(CENTRES["harbour"])]))
    found = assigned(FIRE, book, now=MIDNIGHT)
    assert (found.route.holder.code, found.onward, found.told) == (
        CENTRES["east"],
        Action.COORDINATE,
        (CENTRES["city"],),
    )


def test_whoever_does_not_say_when_asks_no_roster():
    book = pieces.rulebook(roster=Roster([shift(f"{GRID}-WG")]))
    assert assigned(RUBBISH, book, now=None).route.holder.code == f"{GRID}-WG"


@pytest.mark.parametrize(
    ("minutes", "people"), [(-1, []), (0, ["甲"]), (60, ["甲", "乙"]), (120, ["乙"]), (180, [])]
)
def test_a_shift_counts_from_its_start_and_up_to_its_end(minutes: int, people: list[str]):
    hour = timedelta(hours=1)
    body = OrganisationCode("X")
    roster = Roster(
        Shift(body, person, "", NOON + start * hour, NOON + (start + 2) * hour)
        for start, person in ((1, "乙"), (0, "甲"))
    )
    found = roster.on_duty(body, NOON + timedelta(minutes=minutes))
    assert [one.person for one in found] == people


def test_a_long_shift_is_found_behind_many_short_ones():
    body, day = OrganisationCode("X"), timedelta(days=1)
    short = [Shift(body, f"{n}", "", NOON + n * day, NOON + n * day + day / 2) for n in range(60)]
    roster = Roster([Shift(body, "总值班", "", NOON, NOON + 60 * day), *short])
    assert [one.person for one in roster.on_duty(body, NOON + 50.25 * day)] == ["总值班", "50"]


def test_a_shift_may_last_for_ever():
    body = OrganisationCode("X")
    ages = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    roster = Roster([Shift(body, "总值班", "", *ages)])
    assert [one.person for one in roster.on_duty(body, NOON)] == ["总值班"]

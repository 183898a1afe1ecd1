"""Rules of limits: by entry, urgency and body, the first that holds; and the whole loop."""

from app.domain.clock_rule import ClockRule
from app.domain.limit import parse_limit
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy, Policy
from app.domain.responsibility import EntryCode, Urgency
from app.domain.timing import Bound, Terms, begin, enter
from app.domain.unit import ClockName, State
from tests import given, pieces
from tests.given import GRID, HARBOUR

ENTRY = given.entry("SX-06010-1")
TEAM, CENTRE = OrganisationCode(f"{GRID}-WG"), OrganisationCode(f"{HARBOUR}-ZX")
BOUND = Bound(TEAM, CENTRE)
HOUR, DAY = parse_limit("1工作时"), parse_limit("1工作日")


def terms(*rules: ClockRule, **policy: object) -> Terms:
    made = LocalPolicy(clocks=rules, **policy).over(Policy())  # type: ignore[arg-type]
    return Terms(ENTRY, made, pieces.CALENDAR, Urgency.NORMAL)


def test_the_first_rule_that_holds_and_names_the_stage_gives_its_limit():
    asked = terms(
        ClockRule({ClockName.VERIFY: DAY}, entry="SX-06*"),
        ClockRule({ClockName.ACCEPT: HOUR}, entry="SX-0601*"),
        ClockRule({ClockName.ACCEPT: DAY}),
    )
    assert asked.limit(ClockName.ACCEPT, BOUND) == HOUR
    assert asked.limit(ClockName.VERIFY, BOUND) == DAY
    assert asked.limit(ClockName.DISPATCH, BOUND) == Policy().dispatch[Urgency.NORMAL]


def test_a_rule_of_another_entry_urgency_or_body_does_not_hold():
    usual = Policy().accept[Urgency.NORMAL]
    for rule in (
        ClockRule({ClockName.ACCEPT: HOUR}, entry="SX-07*"),
        ClockRule({ClockName.ACCEPT: HOUR}, urgencies=(Urgency.URGENT,)),
        ClockRule({ClockName.ACCEPT: HOUR}, organisations=(CENTRE,)),
    ):
        assert terms(rule).limit(ClockName.ACCEPT, BOUND) == usual


def test_a_limit_binds_the_holder_or_the_centre():
    asked = terms(
        ClockRule({ClockName.DISPOSE: DAY}, organisations=(TEAM,)),
        ClockRule({ClockName.VERIFY: HOUR}, organisations=(CENTRE,)),
    )
    assert asked.limit(ClockName.DISPOSE, BOUND) == DAY
    assert asked.limit(ClockName.VERIFY, BOUND) == HOUR
    other = Bound(OrganisationCode("500102-CG"), CENTRE)
    assert asked.limit(ClockName.DISPOSE, other) == ENTRY.limit


def test_an_areas_own_rules_go_before_those_above():
    above = LocalPolicy(clocks=(ClockRule({ClockName.ACCEPT: DAY}),)).over(Policy())
    own = LocalPolicy(clocks=(ClockRule({ClockName.ACCEPT: HOUR}),)).over(above)
    code = EntryCode("SX-06010-1")
    assert own.limit(ClockName.ACCEPT, Urgency.NORMAL, code, TEAM) == HOUR


def test_the_whole_loop_runs_through_every_stage_and_ends_with_the_unit():
    asked = terms(loop={Urgency.NORMAL: DAY})
    clocks = begin(State.DISPATCHED, BOUND, asked, at=pieces.NOON)
    (loop,) = [clock for clock in clocks if clock.name is ClockName.LOOP]
    for state in (State.ACCEPTED, State.RESOLVED, State.IN_PROGRESS, State.RESOLVED):
        _, clocks = enter(pieces.unit(state), clocks, asked, at=pieces.NOON)
        assert loop in clocks
    _, clocks = enter(pieces.unit(State.CLOSED), clocks, asked, at=pieces.NOON)
    assert not any(clock.is_running for clock in clocks)


def test_suspended_the_whole_loop_stands_and_goes_on_from_what_was_spent():
    asked = terms(loop={Urgency.NORMAL: DAY})
    clocks = begin(State.DISPATCHED, BOUND, asked, at=pieces.NOON)
    later = pieces.CALENDAR.add(pieces.NOON, 3600, HOUR.basis).at
    _, stood = enter(pieces.unit(State.SUSPENDED), clocks, asked, at=later)
    unknown = Terms(None, Policy(), pieces.CALENDAR, Urgency.NORMAL)
    _, again = enter(pieces.unit(State.DISPATCHED), stood, unknown, at=later, resumes=True)
    (loop,) = [clock for clock in again if clock.name is ClockName.LOOP]
    assert (loop.spent, loop.is_running) == (3600, True)

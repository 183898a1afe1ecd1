"""What one unit's log counts: who is credited with what on which day, at every edge."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.action import Action
from app.domain.counting import tally
from app.domain.feed import Stance
from app.domain.measure import Count, figures, rates
from app.domain.tally import Facts, Told
from app.domain.unit import State

ZONE = ZoneInfo("Asia/Shanghai")
NOWHERE = Stance(*[""] * 9)
START = datetime(2026, 11, 20, 1, tzinfo=UTC)
TEAM, OTHER, STREET = "team", "other", "street"


class Log:
    """A unit's log written by hand: every line is a change of its own."""

    def __init__(self, **facts: Any) -> None:
        self.facts = Facts("500101", "grid", **facts)
        self.lines: list[Told] = []
        self.at, self.holder, self.state, self.kind = START, TEAM, State.DISPATCHED, "item"
        self.add(Action.FILE, State.FILED, begins=True, entry="SX-06010-1")
        self.add(Action.DISPATCH, State.DISPATCHED, person=False, begins=False)
        # Both lines are of one change, which ends with the unit sent out.
        self.lines = [self.told(line) for line in self.lines]

    def told(self, line: Told) -> Told:
        after = NOWHERE._replace(
            holder=TEAM, state=State.DISPATCHED.value, kind="item", centre=STREET
        )
        return Told(
            line.at,
            line.action,
            line.state,
            line.organisation,
            line.is_by_person,
            line.begins,
            after,
            line.data,
        )

    def add(
        self,
        action: Action,
        state: State,
        *,
        hours: float = 0,
        by: str = "",
        person: bool = True,
        begins: bool = True,
        **data: Any,
    ) -> "Log":
        self.at += timedelta(hours=hours)
        self.state = state
        after = NOWHERE._replace(
            holder=self.holder, state=state.value, kind=self.kind, centre=STREET
        )
        self.lines.append(
            Told(self.at, action, state, by or self.holder, person, begins, after, data)
        )
        return self

    def accepted(self) -> "Log":
        return self.add(Action.ACCEPT, State.ACCEPTED)

    def overdue(self, clock: str = "dispose", *, hours: float = 5, by: str = "") -> "Log":
        """The limit has passed two hours before anybody takes it down."""
        self.at += timedelta(hours=hours)
        moment = (self.at - timedelta(hours=2)).isoformat()
        late = {"clock": clock, "mark_at": moment}
        return self.add(Action.OVERDUE, self.state, by=by, person=False, **late)

    def resolved(self, *, hours: float = 1, late: bool = False) -> "Log":
        data = {"late": ["dispose"]} if late else {}
        return self.add(Action.RESOLVE, State.RESOLVED, hours=hours, **data)

    def closed(self, *, hours: float = 1, late: tuple[str, ...] = ()) -> "Log":
        data = {"late": list(late)} if late else {}
        self.add(Action.VERIFY, State.VERIFIED, hours=hours, by=STREET, **data)
        return self.add(Action.CLOSE, State.CLOSED, person=False, begins=False, **data)

    @property
    def counts(self) -> Counter[Count]:
        found: Counter[Count] = Counter()
        for (_, count), number in tally(self.facts, self.lines, ZONE).items():
            found[count] += number
        return found

    def of(self, count: Count) -> list[tuple[str, str]]:
        """Who is credited with it, and on which day."""
        found = tally(self.facts, self.lines, ZONE)
        return [(key.organisation, f"{key.day:%m-%d}") for key, one in found if one is count]

    def figure(self, key: str) -> int:
        return figures(self.counts)[key]

    def rate(self, key: str) -> float | None:
        return rates(self.counts)[key]


def test_a_unit_done_in_time_is_due_disposed_of_and_on_time_once():
    log = Log().accepted().resolved().closed()
    assert [log.figure(key) for key in ("to_dispose", "disposed", "disposed_on_time")] == [1] * 3
    assert [log.figure(key) for key in ("to_close", "closed_of_those", "closed_on_time")] == [1] * 3
    assert log.figure("overdue") == 0
    assert log.rate("disposal_on_time_rate") == log.rate("closing_on_time_rate") == 1


def test_reported_and_filed_count_for_the_centre_and_the_work_for_who_has_it():
    log = Log()
    assert log.of(Count.REPORTED) == log.of(Count.FILED) == [(STREET, "11-20")]
    assert log.of(Count.ASSIGNED) == [(TEAM, "11-20")]


def test_nothing_is_due_before_it_is_done_or_its_limit_has_passed():
    log = Log().accepted()
    assert log.figure("to_dispose") == 0
    assert log.rate("disposal_on_time_rate") is None


def test_lateness_counts_on_the_day_the_limit_passed_and_is_disposed_of_when_done():
    log = Log().accepted().overdue(hours=16)
    assert log.at.astimezone(ZONE).day == 21
    assert log.of(Count.DISPOSE_LATE) == [(TEAM, "11-20")]
    assert (log.figure("to_dispose"), log.figure("disposed")) == (1, 0)
    log.resolved(hours=30, late=True)
    assert (log.figure("to_dispose"), log.figure("disposed")) == (1, 1)
    assert log.figure("disposed_on_time") == 0
    assert log.of(Count.DISPOSE_DONE_LATE) == log.of(Count.DISPOSE_LATE)


def test_an_appeal_that_was_granted_leaves_the_rates_and_is_counted_beside():
    log = Log().accepted().overdue().resolved(late=True).closed()
    assert (log.figure("overdue"), log.figure("closed_on_time")) == (1, 0)
    log.add(Action.EXEMPT, State.CLOSED, by=STREET, clock="dispose", holder=TEAM)
    assert (log.figure("overdue"), log.figure("to_dispose"), log.figure("exempted")) == (0, 0, 1)
    assert (log.figure("closed"), log.figure("closed_on_time")) == (1, 1)


def test_an_appeal_leaves_out_only_the_lateness_of_who_appealed():
    log = Log().accepted().overdue()
    log.add(Action.RETURN, State.FILED, **{"from": TEAM, "late": ["dispose"]})
    log.holder = OTHER
    log.add(Action.DISPATCH, State.DISPATCHED, by=STREET).overdue(hours=9)
    log.add(Action.EXEMPT, State.DISPATCHED, by=STREET, clock="dispose", holder=TEAM)
    assert [who for who, _ in log.of(Count.DISPOSE_LATE)] == [OTHER]
    assert [who for who, _ in log.of(Count.EXEMPTED)] == [TEAM]


def test_reworked_twice_it_is_one_unit_sent_back_two_times():
    log = Log().accepted().resolved()
    for _ in range(2):
        log.add(Action.REWORK, State.IN_PROGRESS, by=STREET, hours=1).resolved()
    assert (log.figure("reworks"), log.figure("resolved")) == (2, 3)
    assert (log.figure("to_dispose"), log.figure("to_close"), log.figure("reworked")) == (1, 1, 1)
    assert log.rate("rework_rate") == 1


def test_what_was_sent_back_and_then_late_is_late_once():
    log = Log().accepted().resolved()
    assert log.figure("disposed_on_time") == 1
    log.add(Action.REWORK, State.IN_PROGRESS, by=STREET, hours=1)
    assert (log.figure("to_dispose"), log.figure("to_close")) == (0, 0)
    log.overdue()
    assert (log.figure("to_dispose"), log.figure("disposed_on_time")) == (1, 0)
    log.resolved(late=True)
    assert (log.figure("to_dispose"), log.figure("disposed")) == (1, 1)


def test_verification_is_the_centres_whether_it_holds_or_not():
    log = Log().accepted().resolved()
    log.add(Action.REWORK, State.IN_PROGRESS, by=STREET).resolved()
    log.overdue("verify", by=STREET).closed(late=("verify",))
    assert [who for who, _ in log.of(Count.VERIFY_ON_TIME)] == [STREET]
    assert [who for who, _ in log.of(Count.VERIFY_LATE)] == [STREET]
    assert log.rate("verify_on_time_rate") == 0.5
    assert log.figure("closed_on_time") == 0


def test_given_on_after_it_was_late_the_lateness_stays_with_who_was_late():
    log = Log().accepted().overdue()
    log.holder = OTHER
    log.add(Action.TRANSFER, State.DISPATCHED, by=TEAM, late=["dispose"]).accepted()
    log.resolved(late=True)
    assert [who for who, _ in log.of(Count.DISPOSE_LATE)] == [TEAM]
    assert [who for who, _ in log.of(Count.RESOLVED)] == [OTHER]
    assert log.of(Count.DISPOSE_ON_TIME) == []
    assert [who for who, _ in log.of(Count.ASSIGNED)] == [TEAM, OTHER]


def test_returned_in_time_nobody_was_bound_and_it_is_returned_by_who_had_it():
    log = Log().accepted()
    log.holder = STREET
    log.add(Action.RETURN, State.FILED, by=TEAM, hours=1, **{"from": TEAM})
    assert [who for who, _ in log.of(Count.RETURNED)] == [TEAM]
    assert log.figure("to_dispose") == 0


def test_a_centre_that_sends_it_out_again_has_dispatched_in_time_or_not():
    log = Log().accepted()
    log.holder = STREET
    log.add(Action.RETURN, State.FILED, by=TEAM, **{"from": TEAM})
    log.holder = OTHER
    log.add(Action.DISPATCH, State.DISPATCHED, by=STREET)
    assert log.of(Count.DISPATCH_ON_TIME) == [(STREET, "11-20")]
    assert log.rate("dispatch_on_time_rate") == 1


def test_the_service_sending_it_on_is_nobodys_dispatch():
    assert Log().figure("to_dispatch") == 0


def test_merged_it_leaves_what_was_due_and_taken_apart_it_is_back():
    log = Log().accepted().overdue()
    log.add(Action.MERGE, State.MERGED)
    assert (log.figure("merged"), log.figure("to_dispose")) == (1, 0)
    log.add(Action.UNMERGE, State.ACCEPTED)
    assert (log.figure("merged"), log.figure("overdue")) == (1, 1)


def test_cancelled_it_leaves_what_was_due_but_not_what_was_closed_before():
    log = Log().accepted().resolved().closed()
    log.add(Action.REOPEN, State.FILED, by=STREET, hours=24)
    log.add(Action.DISPATCH, State.DISPATCHED, person=False, begins=False).overdue()
    assert (log.figure("to_dispose"), log.figure("overdue")) == (2, 1)
    log.add(Action.CANCEL, State.CANCELLED, by=STREET)
    assert (log.figure("to_dispose"), log.figure("overdue"), log.figure("to_close")) == (1, 0, 1)
    assert (log.figure("cancelled"), log.rate("accurate_filing_rate")) == (1, 0)


def test_reopened_it_is_due_a_second_time():
    log = Log().accepted().resolved().closed()
    log.add(Action.REOPEN, State.FILED, by=STREET, hours=24)
    log.add(Action.DISPATCH, State.DISPATCHED, person=False, begins=False).accepted()
    log.resolved().closed()
    assert (log.figure("reopened"), log.figure("to_dispose"), log.figure("closed")) == (1, 2, 2)
    assert log.figure("filed") == 1


def test_self_handled_it_is_filed_and_closed_but_was_never_due():
    log = Log()
    after = NOWHERE._replace(holder=TEAM, state="closed", kind="item", centre=STREET)
    lines = [
        Told(START, Action.FILE, State.FILED, "", False, True, after, {"entry": "SX-06010-1"}),
        Told(START, Action.SELF_HANDLE, State.CLOSED, TEAM, True, False, after),
    ]
    log.lines = lines
    for key in ("filed", "self_handled", "closed", "to_close", "closed_on_time"):
        assert log.figure(key) == 1, key
    assert (log.figure("to_dispose"), log.figure("stock_new")) == (0, 0)


def test_suspended_it_stays_in_stock_and_nothing_becomes_due():
    log = Log().accepted().add(Action.SUSPEND, State.SUSPENDED)
    assert (log.figure("suspended"), log.figure("stock_new"), log.figure("stock_ended")) == (
        1,
        1,
        0,
    )
    log.add(Action.RESUME, State.ACCEPTED, person=False, hours=99).resolved()
    assert (log.figure("disposed_on_time"), log.figure("assigned")) == (1, 1)


def test_moved_to_another_district_it_is_handed_over_and_the_past_stays():
    log = Log().accepted()
    log.holder = OTHER
    log.add(Action.MOVE, State.ACCEPTED, person=False, hours=1, to={"holder": OTHER})
    log.resolved()
    assert [who for who, _ in log.of(Count.HANDED)] == [TEAM]
    assert [who for who, _ in log.of(Count.TAKEN)] == [OTHER]
    assert [who for who, _ in log.of(Count.ACCEPT_ON_TIME)] == [TEAM]
    assert [who for who, _ in log.of(Count.DISPOSE_ON_TIME)] == [OTHER]


def test_a_day_ends_at_midnight_of_the_city_not_of_greenwich():
    log = Log().accepted()
    log.at = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    log.resolved(hours=0)
    log.at = datetime(2026, 11, 20, 16, tzinfo=UTC)
    log.closed(hours=0)
    assert log.of(Count.RESOLVED) == [(TEAM, "11-20")]
    assert log.of(Count.CLOSED) == [(TEAM, "11-21")]


def test_the_last_word_of_the_reporter_counts():
    log = Log().accepted().resolved().closed()
    log.add(Action.RATE, State.CLOSED, grade="unsatisfied")
    log.add(Action.RATE, State.CLOSED, grade="mostly", hours=24)
    assert (log.figure("rated"), log.figure("pleased")) == (1, 1)
    assert log.of(Count.MOSTLY) == [(TEAM, "11-21")]


def test_what_came_back_counts_for_who_had_closed_it_on_the_day_it_was_closed():
    log = Log(returns=(START + timedelta(days=9),)).accepted().resolved().closed()
    assert log.of(Count.CAME_BACK) == log.of(Count.CLOSED)
    assert log.rate("recurrence_rate") == 1


def test_a_task_is_no_report_and_is_never_filed():
    log = Log(is_report=False)
    assert [log.figure(key) for key in ("reported", "filed", "tasks")] == [0, 0, 1]


def test_reclassified_it_counts_under_the_other_entry_from_then_on():
    log = Log().accepted()
    log.add(Action.RECLASSIFY, State.DISPATCHED, hours=1, **{"from": "x", "entry": "SX-22001-1"})
    log.resolved()
    found = tally(log.facts, log.lines, ZONE)
    entries = {count: key.entry for key, count in found}
    assert (entries[Count.FILED], entries[Count.RESOLVED]) == ("SX-06010-1", "SX-22001-1")
    assert log.figure("stock_handed") == log.figure("stock_taken") == 1


def test_read_a_few_lines_at_a_time_it_comes_to_the_same():
    log = Log().accepted().overdue().resolved(late=True)
    log.add(Action.REWORK, State.IN_PROGRESS, by=STREET).resolved(late=True).closed()
    whole = tally(log.facts, log.lines, ZONE)
    summed: Counter[Any] = Counter()
    known: Counter[Any] = Counter()
    for end in range(len(log.lines) + 1):
        found = tally(log.facts, log.lines[:end], ZONE)
        added = Counter(found)
        added.subtract(known)
        summed.update(added)
        known = found
    assert {key: n for key, n in summed.items() if n} == whole


def test_lines_from_before_the_log_told_where_a_unit_stood_count_for_nobody():
    old = Told(START, Action.RESOLVE, State.RESOLVED, TEAM, True, True, None)
    assert tally(Facts("500101", "grid"), [old], ZONE) == Counter()

"""A trial sums up what differs between two judgements of the same events."""

from dataclasses import replace
from datetime import timedelta

from app.domain.admission import Admission, admit
from app.domain.classify import Candidate
from app.domain.errors import Invalid
from app.domain.responsibility import Category, Entry, EntryCode, Kind
from app.domain.trial import Aspect, Load, Trial, changes
from tests import given, pieces
from tests.given import EAST, GRID, HARBOUR, Tier
from tests.pieces import NOON

RUBBISH, COVER, TREE, HOLE, FIRE = given.entries()


def judged(*entries: Entry, entry: Entry = RUBBISH, text: str = "楼下一堆垃圾好臭") -> Admission:
    """The event as a list makes it, filed under the category of `entry`."""
    event = pieces.event(text, category=entry.category)
    rulebook = pieces.rulebook(entries=entries or given.entries())
    return admit(event, pieces.found(), rulebook, NOON)


def with_rubbish(**values: object) -> tuple[Entry, ...]:
    return (replace(RUBBISH, **values), *given.entries()[1:])  # type: ignore[arg-type]


def waiting() -> Admission:
    """The same event where the text is not sure enough."""
    seen = (Candidate(RUBBISH.code, 0.3, ("垃圾",)),)
    return admit(pieces.event(), pieces.found(candidates=seen), pieces.rulebook(), NOON)


def aspects(before: Admission, after: Admission) -> list[Aspect]:
    return [change.aspect for change in changes(before, after)]


def summed(*pairs: tuple[Admission, Admission]) -> Trial:
    trial = Trial()
    for before, after in pairs:
        trial.add(before, after)
    return trial


def test_the_same_judgement_changes_nothing():
    trial = summed((judged(), judged()))
    assert (trial.total, trial.changed, trial.is_unchanged) == (1, 0, True)
    assert trial.gainers == trial.losers == {}


def test_another_level_is_another_holder():
    (holder, level) = changes(judged(), judged(*with_rubbish(level=Tier.STREET)))
    assert (holder.aspect, holder.before, holder.after) == (
        Aspect.HOLDER,
        (f"{GRID}-WG",),
        (f"{HARBOUR}-MS",),
    )
    assert (level.before, level.after) == (("grid",), ("street",))


def test_another_limit_is_another_due_time_and_nothing_else():
    (due,) = changes(judged(), judged(*with_rubbish(limit=given.limit("3工作时"))))
    assert due.aspect is Aspect.DUE
    assert due.before == (NOON + timedelta(hours=6),)
    assert due.after == (NOON + timedelta(hours=5),)


def test_another_code_is_another_entry():
    assert aspects(judged(), judged(*with_rubbish(code=EntryCode("SX-06010-9")))) == [Aspect.ENTRY]


def test_a_task_given_to_another_holder_is_a_change_of_its_event():
    first, second = FIRE.plan
    moved = replace(FIRE, plan=(first, replace(second, function=given.Function("drainage"))))
    before = judged(entry=FIRE)
    after = judged(*given.entries()[:-1], moved, entry=FIRE)
    (holder,) = changes(before, after)
    assert holder.before[1:] == (f"{EAST}-XF", f"{EAST}-GA")
    assert holder.after[1:] == (f"{EAST}-XF", f"{EAST}-PS")


def test_an_item_that_becomes_an_event_brings_units_of_its_own():
    trial = summed((judged(entry=HOLE), judged(*given.entries()[:3], planned(), entry=HOLE)))
    assert trial.by_aspect[Aspect.KIND] == 1
    assert trial.kinds == {
        Kind.TASK: Load(0, 2),
        Kind.EVENT: Load(0, 1),
        Kind.ITEM: Load(1, 0),
        None: Load(0, 0),
    }


def planned() -> Entry:
    return replace(HOLE, kind=Kind.EVENT, level=Tier.DISTRICT, plan=FIRE.plan)


def test_who_comes_to_wait_for_a_person_loses_entry_kind_level_and_due_time():
    assert set(aspects(judged(), waiting())) == set(Aspect)


def test_what_goes_to_triage_and_what_leaves_it_is_counted():
    trial = summed((judged(), waiting()), (waiting(), judged()), (waiting(), waiting()))
    assert (trial.to_triage, trial.out_of_triage, trial.changed) == (1, 1, 2)


def test_who_gains_and_who_loses_is_told_most_first():
    street = judged(*with_rubbish(level=Tier.STREET))
    trial = summed((judged(), street), (judged(), street), (judged(), waiting()))
    assert list(trial.gainers.items()) == [
        (f"{HARBOUR}-MS", Load(0, 2)),
        (f"{HARBOUR}-ZX", Load(0, 1)),
    ]
    assert trial.losers == {f"{GRID}-WG": Load(3, 0)}


def test_only_the_first_changes_that_the_reader_may_see_are_kept():
    street = judged(*with_rubbish(level=Tier.STREET))
    few, hidden = Trial(most=2), Trial(shows=lambda _: False)
    for trial in (few, hidden):
        for _ in range(5):
            trial.add(judged(), street)
    assert (len(few.examples), few.changed) == (2, 5)
    assert (len(hidden.examples), hidden.changed) == (0, 5)


def test_an_example_says_what_was_reported_and_why_it_was_decided_so():
    text = "楼下一堆垃圾好臭 " * 20
    before = judged(text=text)
    after = judged(*with_rubbish(level=Tier.STREET), text=text)
    (example,) = summed((before, after)).examples
    assert (example.text[:8], len(example.text)) == ("楼下一堆垃圾好臭", 60)
    assert example.before["route"]["level"] == "grid"
    assert example.after["route"]["level"] == "street"


def test_refusals_are_counted_by_reason():
    trial = Trial()
    for code in ("1", "2", "1"):
        trial.refuse(Invalid(zh=f"没有 {code}", en=f"no {code}"), by_draft=True)
    assert [(one.zh, count) for one, count in trial.refused.most_common()] == [
        ("没有 1", 2),
        ("没有 2", 1),
    ]
    assert not trial.is_unchanged


def test_an_entry_found_by_another_schemes_code_is_the_same_entry():
    old = Category("GB/T 30428.2-2013", "事件", "0101")
    both = with_rubbish(also=(old,))
    before = judged(*both)
    event = pieces.event(category=old)
    after = admit(event, pieces.found(), pieces.rulebook(entries=both), NOON)
    assert changes(before, after) == ()

"""A state machine over families of units: anybody does anything, and the promises hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any, ClassVar
from uuid import UUID, uuid5

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.domain import issue as issuing
from app.domain.action import Action
from app.domain.area import Tier
from app.domain.authority import Caller, Role
from app.domain.errors import ActionNotAllowed, DomainError, Invalid
from app.domain.family import depth_of
from app.domain.landmark import DEVICE
from app.domain.lifecycle import IN_HAND
from app.domain.limit import parse_limit
from app.domain.offer import Standing
from app.domain.organisation import Function
from app.domain.responsibility import EntryCode
from app.domain.unit import Unit
from app.flows import bulk, issue
from app.flows.bulk import Wish as Many
from app.flows.casework import in_sight, may_now
from tests import pieces
from tests.given import CITY
from tests.torture import family_machine_promises as promises
from tests.torture.family_machine_deeds import ACTIONS, Pick, Speechless, Wish, doing
from tests.torture.family_machine_world import CREW, PLACES, STRANGER, Look, World

RUBBISH = EntryCode("SX-06010-1")
ROOTS = 6
"""How many reports one example has: few enough for them to get old and large."""

SPANS = (
    *(timedelta(minutes=minutes) for minutes in (1, 10, 70)),
    *(timedelta(hours=hours) for hours in (5, 26)),
    *(timedelta(days=days) for days in (3, 41)),
)
SEEDS = st.integers(0, 2**64 - 1)
"""One for everything that is chosen in a step: a step is tried or left out as a whole."""

_SELDOM = {
    Action.CANCEL,
    Action.DECLINE,
    Action.CLAIM,
    Action.RELEASE,
    Action.NOTE,
    Action.ATTACH,
    Action.URGE,
    Action.SUPERVISE,
    Action.ESCALATE,
    Action.EXTEND,
    Action.SUSPEND,
    Action.REMIND,
}
"""What ends a unit, or says little of it, is chosen less often."""

_ONWARD = {
    Action.FILE,
    Action.DISPATCH,
    Action.RULE,
    Action.ACCEPT,
    Action.START,
    Action.ARRIVE,
    Action.RESOLVE,
    Action.VERIFY,
    Action.CLOSE,
    Action.UNMERGE,
    Action.GRANT,
    Action.RESUME,
    Action.REOPEN,
    Action.RATE,
}
"""What leads a unit on is chosen more often."""


EXCUSED: Mapping[Action, tuple[type[DomainError], ...]] = {
    # That something may be asked for is offered; of its kinds each has an end of its own:
    # too late, too often.
    Action.REQUEST: (ActionNotAllowed,),
    # One is pending already, of another limit perhaps.
    Action.APPEAL: (ActionNotAllowed,),
    # A request waits for its answer: what it asks for may have been used up by others
    # meanwhile, and the moment until which to suspend may have passed.
    Action.GRANT: (ActionNotAllowed, Invalid),
    # Nobody named: all that the list names have given it back, which a holder named mends.
    Action.DISPATCH: (Invalid,),
}
"""What may be refused though it was offered and well said."""


class Families(RuleBasedStateMachine):
    """Families of an example's own, in a world that all examples share."""

    world: ClassVar[World]
    steps: ClassVar[Counter[str]]
    depths: ClassVar[set[int]]

    def __init__(self) -> None:
        super().__init__()
        self.world.forget()
        self.look = Look({})
        self.reports = 0
        self.acts = self.pauses = 0
        self.is_issued = False
        self.bound: dict[UUID, str] = {}
        self.returned: dict[UUID, set[str]] = {}

    def _see(self, what: str) -> Look:
        """Take a look after a step, check every promise, and return what was there before."""
        before, self.look = self.look, self.world.look()
        self.steps[what] += 1
        self.depths.update(depth_of(unit) for unit in self.look.units.values())
        promises.check(before, self.look)
        return before

    def _refused(self, what: str) -> None:
        """Look again after a refusal: nothing has changed."""
        before = self._see(what)
        assert self.look == before, f"{what} changed something"

    @initialize(seed=SEEDS)
    def begin(self, seed: int) -> None:
        pick = _pick(seed)
        for _ in range(pick([1, 2, 3])):
            self._report(pick)

    @precondition(lambda self: self.look.units)
    @rule(seed=SEEDS)
    def act(self, seed: int) -> None:
        """Somebody does what they are offered, and it is done."""
        self.acts += 1
        pick = self._turn(seed)
        unit, offers = self._something_to_do(pick)
        actions = sorted(offers)
        often = [action for action in actions if action not in _SELDOM]
        onward = [action for action in actions if action in _ONWARD]
        action = pick(pick([actions, often or actions, onward or often or actions]))
        wish = Wish(self.world, self.look, unit, pick(offers[action]), pick)
        self._do(wish, action, is_offered=True)

    def _something_to_do(self, pick: Pick) -> tuple[Unit, Mapping[Action, list[Caller]]]:
        """Return a unit, rather one to which more can be done than to say something."""
        for _ in range(3):
            unit = pick(self._units(pick))
            offers = self._may(unit, *CREW)
            if set(offers) > {Action.NOTE, Action.ATTACH}:
                break
        return unit, offers

    @precondition(lambda self: self._has_acted(4))
    @rule(seed=SEEDS)
    def try_anything(self, seed: int) -> None:
        """Anybody wants anything, some having seen another version, some unknown."""
        self.pauses += 1
        pick = self._turn(seed)
        unit, by = pick(self._units(pick)), pick([*CREW, STRANGER])
        action = pick(ACTIONS)
        wish = Wish(self.world, self.look, unit, by, pick)
        if pick([False, False, True]):
            wish.seen = unit.version + pick([1, -1])
        self._do(wish, action, is_offered=action in self._may(unit, by))

    @precondition(lambda self: self._has_acted(10))
    @rule(seed=SEEDS)
    def act_in_bulk(self, seed: int) -> None:
        self.pauses += 1
        pick = self._turn(seed)
        unit = pick(self._units(pick))
        offers = {one: who for one, who in self._may(unit, *CREW).items() if one in bulk.ACTIONS}
        if not offers:
            return
        action = pick(sorted(offers))
        by = pick(offers[action])
        ids = {unit.id, *(pick(self._units(pick)).id for _ in range(3))}
        seen = {one: self.look.units[one].version for one in sorted(ids)}
        note(f"{by.name} does {action} to {len(seen)} in bulk")
        many = Many(action, seen, by, self.world.now, "理由")
        outcomes = self.world.do(lambda tx, library: bulk.act_on(tx, library, many))
        assert not isinstance(outcomes, DomainError), outcomes
        before = self._see(f"{action} in bulk")
        for key, outcome in outcomes.items():
            was, now = before.units[key], self.look.units[key]
            kin = {before.root_of(one) for one in ids if one != key}
            # What is done to one of a family may well change another, which is refused then.
            if isinstance(outcome, DomainError) and before.root_of(key) not in kin:
                assert now == was, f"{action} was refused in bulk and changed {now.title}"
        self._remember(before, is_named=False)

    @precondition(lambda self: self._has_acted(6))
    @rule(seed=SEEDS)
    def wait(self, seed: int) -> None:
        self.pauses += 1
        pick = self._turn(seed)
        span = pick(SPANS)
        note(f"{span} pass")
        self.world.wait(span)
        fired = pick([True, True, False]) and self.world.fire()
        self._see("time passes, marks fire" if fired else "time passes")

    @precondition(lambda self: self._has_acted(8) and self.reports < ROOTS)
    @rule(seed=SEEDS)
    def more(self, seed: int) -> None:
        self.pauses += 1
        pick = self._turn(seed)
        if self.is_issued or pick([True, True, False]):
            self._report(pick)
        else:
            self._issue(pick)

    def _has_acted(self, often: int) -> bool:
        """Whatever else happens: most of what happens is that somebody does something."""
        return self.acts >= often * self.pauses

    def _turn(self, seed: int) -> Pick:
        self.world.wait(timedelta(seconds=1))
        return _pick(seed)

    def _report(self, pick: Pick) -> None:
        known = [UUID(event) for event in self.look.events]
        again = known and pick([False, False, False, True])
        listed = self.world.rulebook.list
        entry = pick([None, *listed.values(), listed[RUBBISH], listed[RUBBISH]])
        fields: dict[str, Any] = {
            "id": str(pick(known) if again else uuid5(pieces.SPACE, f"event {self.reports}")),
            "text": "请处理",
            "place": {"code": pick(PLACES), **pick([{}, {"address": "滨江路8号"}])},
            "attributes": pick([{}, {}, {DEVICE: "CAM-7"}]),
        }
        if entry is not None:
            category = entry.category
            fields["category"] = {
                "scheme": category.scheme,
                "class": category.class_,
                "code": category.code,
            }
        if pick([False, False, False, True]):
            fields["resolved"] = {"how": "当场清理", "at": self.world.now.isoformat()}
        by = pick([one for one in CREW if one.roles & {Role.GRID_WORKER, Role.INTEGRATOR}])
        note(f"{by.name} reports {fields}")
        self.reports += not again
        done = self.world.report(by, fields)
        assert not isinstance(done, DomainError), done
        if again:
            self._refused("report again")
        else:
            self._see("report")

    def _issue(self, pick: Pick) -> None:
        self.is_issued = True
        by = next(one for one in CREW if Role.SUPERVISOR in one.roles and CITY in one.organisation)
        to = pick(
            [
                issuing.Receivers(tier=Tier.DISTRICT),
                issuing.Receivers(tier=Tier.STREET),
                issuing.Receivers(function=Function("fire")),
            ]
        )
        wish = issuing.Issue(
            uuid5(pieces.SPACE, "issue"),
            by,
            "排查",
            "排查广告牌",
            to,
            limit=parse_limit("2工作日"),
            reason="汛前",
        )
        note(f"{by.name} issues {to}")
        reference, now = self.world.reference, self.world.now
        done = self.world.do(lambda tx, _: issue.issue(tx, reference, wish, now))
        assert not isinstance(done, DomainError), done
        self._see("issue")

    def _units(self, pick: Pick) -> Sequence[Unit]:
        """Return units to choose from: now the ones touched last, now the open ones, now all."""
        found = list(self.look.units.values())
        still_open = [one for one in found if one.desk] or found
        last = sorted(still_open, key=lambda one: one.updated_at)[-2:]
        return pick([still_open, last, last, last, still_open, found])

    def _may(self, unit: Unit, *people: Caller) -> Mapping[Action, list[Caller]]:
        """Return what these people may do to a unit now, each action with who is offered it."""
        kin = [
            one
            for one in self.look.units.values()
            if unit.id in {one.parent, one.merged_into} or one.id in {unit.parent, unit.merged_into}
        ]
        standing = Standing.of(unit, self.world.clocks(unit), kin, self.world.now)
        found: dict[Action, list[Caller]] = {}
        for by in people:
            if in_sight(unit, by, self.world.rulebook):
                for one in may_now(standing, by, self.world.rulebook):
                    found.setdefault(one.action, []).append(by)
        return found

    def _do(self, wish: Wish, action: Action, *, is_offered: bool) -> None:
        call = doing(wish, action)
        name = f"{wish.by.name} does {action} to {wish.unit.title} ({wish.unit.state})"
        note(name if call else f"{name}: nothing to say")
        if call is None:
            return
        self.look = self.world.look()
        done = self.world.do(call)
        if not isinstance(done, DomainError):
            assert is_offered, f"{name}: not offered, and done"
            before = self._see(action)
            self._remember(before, is_named=wish.is_named)
            return
        self._refused(f"{action} refused")
        if is_offered and not wish.seen:
            excused = EXCUSED.get(action, ())
            assert isinstance(done, excused), f"{name}: offered, and refused: {done}"

    def _remember(self, before: Look, *, is_named: bool) -> None:
        """Check what rulings and returns promise, by what the log says of them."""
        for unit in self.look.units.values():
            was = before.units.get(unit.id)
            for line in self._new(unit, was):
                self._note(unit, was, line, is_named=is_named)

    def _new(self, unit: Unit, was: Unit | None) -> list[dict[str, Any]]:
        known = was.steps if was else 0
        return [
            one for one in self.look.steps if one["unit"] == str(unit.id) and one["seq"] > known
        ]

    def _note(
        self, unit: Unit, was: Unit | None, line: Mapping[str, Any], *, is_named: bool
    ) -> None:
        back = self.returned.setdefault(unit.id, set())
        match line["action"]:
            case Action.RULE:
                self.bound[unit.id] = unit.holder
                back.clear()
            case Action.RETURN:
                holder = line["data"]["from"]
                assert self.bound.get(unit.id) != holder, f"{holder} was bound and returned it"
                back.add(holder)
            case Action.DISPATCH if not is_named and was and was.holder != unit.holder:
                assert unit.holder not in back, f"{unit.holder} returned it and was offered it"
        if unit.state in IN_HAND and unit.holder != self.bound.get(unit.id):
            self.bound.pop(unit.id, None)


def _pick(seed: int) -> Pick:
    drawn = Random(seed)

    def pick(among: Sequence[Any]) -> Any:
        if not among:
            raise Speechless
        return drawn.choice(among)

    return pick

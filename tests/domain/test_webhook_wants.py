"""What an endpoint is sent: by type, by scope as the city now is, and from when on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain import sight, topic
from app.domain.errors import Invalid
from app.domain.feed import Line, Position, Stance, stance_of
from app.domain.organisation import OrganisationCode, Organisations
from app.domain.rulebook import Rulebook
from app.domain.topic import Topic, covers, meant
from app.domain.webhook import (
    Condition,
    Endpoint,
    Signing,
    WebhookId,
    Wish,
    listener,
    scope_of,
)
from tests import given, pieces, reorganising
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST
from tests.reorganising import MERGER, NEW

CITY_NOW = given.in_memory()


def endpoint(organisation: str = f"{EAST}-ZX", scope: str | None = None, **wish: Any) -> Endpoint:
    own = OrganisationCode(organisation)
    wanted = Wish("https://a.example", OrganisationCode(scope or organisation), **wish)
    return Endpoint(
        id=WebhookId(UUID(int=1)),
        organisation=own,
        account=pieces.account("integrator"),
        wish=wanted,
        signing=Signing.HMAC,
        since=Position(1, 100, 0),
        created_at=pieces.NOON,
        updated_at=pieces.NOON,
    )


def line(topic_: Topic = Topic.UNIT_ACCEPTED, xid: int = 200, **changes: Any) -> Line:
    unit = pieces.unit()
    values = {"unit": unit, "after": stance_of(unit), **changes}
    return Line(Position(1, xid, 7), pieces.NOON, topic_, **values)


def is_sent(one: Endpoint, told: Line, rulebook: Rulebook = CITY_NOW) -> bool:
    hears = listener(one, rulebook)
    return hears is not None and hears.wants(told.trace)


# By type


@pytest.mark.parametrize(
    ("types", "is_wanted"),
    [
        ((), True),
        (("unit.accepted",), True),
        (("unit.filed", "unit.*"), True),
        (("unit.filed",), False),
        (("clock.*", "rulebook.*"), False),
    ],
)
def test_types_are_matched_as_given(types: tuple[str, ...], is_wanted: bool):
    assert is_sent(endpoint(types=types), line()) is is_wanted
    assert covers(types, Topic.UNIT_ACCEPTED) is is_wanted


def test_every_type_belongs_to_a_family_and_families_are_the_whole():
    assert topic.FAMILIES == ("unit.*", "clock.*", "rulebook.*")
    assert meant(topic.FAMILIES) == frozenset(Topic)
    assert meant(()) is None


@pytest.mark.parametrize("types", [["*"], ["unit.filed", "unit"], ["unit.fil*"], [""]])
def test_what_is_no_type_is_refused_with_those_there_are(types: list[str]):
    with pytest.raises(Invalid) as refused:
        topic.checked(types)
    assert refused.value.field == f"types.{len(types) - 1}"
    assert "unit.*" in refused.value.allowed


# By scope


@pytest.mark.parametrize(
    ("organisation", "is_wanted"),
    [
        (f"{CITY}-ZX", True),
        (f"{EAST}-ZX", True),
        (f"{HARBOUR}-ZX", True),
        (f"{GRID}-WG", True),
        (f"{HILL}-ZX", False),
        (f"{WEST}-ZX", False),
        (f"{EAST}-CG", False),
    ],
)
def test_an_endpoint_hears_what_its_body_sees(organisation: str, is_wanted: bool):
    assert is_sent(endpoint(organisation), line()) is is_wanted


def test_a_scope_below_ones_own_hears_less():
    assert is_sent(endpoint(f"{CITY}-ZX", f"{EAST}-ZX"), line())
    assert not is_sent(endpoint(f"{CITY}-ZX", f"{WEST}-ZX"), line())


def test_a_unit_that_leaves_the_scope_is_told_of_once_more():
    there = stance_of(pieces.unit())
    elsewhere = Stance(f"{WEST}-ZX", *there[1:4], f"{WEST}-ZX", WEST, "", "", "")
    gone = pieces.unit(place=replace(pieces.unit().place, district=WEST))
    assert is_sent(endpoint(), line(unit=gone, before=there, after=elsewhere))
    assert not is_sent(endpoint(), line(unit=gone, before=elsewhere, after=elsewhere))


def test_what_is_about_no_unit_concerns_everybody():
    published = line(Topic.RULEBOOK_PUBLISHED, unit=None, after=None)
    assert is_sent(endpoint(f"{EAST}-CG"), published)


def test_it_hears_of_nothing_that_was_committed_before_it_was_made():
    assert not is_sent(endpoint(), line(xid=99))
    assert is_sent(endpoint(), line(xid=100))


# As the city now is


def after_the_merger() -> Rulebook:
    return reorganising.city(reorganising.carried_out(MERGER))


def test_an_endpoint_of_a_replaced_body_is_its_heirs():
    rulebook = after_the_merger()
    one = endpoint(f"{EAST}-ZX")
    heir = rulebook.organisations[OrganisationCode(f"{NEW}-ZX")]
    assert scope_of(one, rulebook) == sight.of_organisation(heir, rulebook)


def test_a_scope_that_has_gone_to_another_is_heard_of_no_longer():
    one = endpoint(f"{EAST}-ZX", f"{HILL}-ZX")
    assert scope_of(one, CITY_NOW)
    assert scope_of(one, after_the_merger()) is None
    assert scope_of(endpoint(f"{HILL}-ZX"), after_the_merger())


@pytest.mark.parametrize("gone", ["ended", "unknown"])
def test_an_endpoint_of_a_body_without_an_heir_hears_of_nothing(gone: str):
    code = OrganisationCode(f"{HILL}-ZX")
    bodies = {body.code: body for body in given.organisations()}
    ended = replace(bodies.pop(code), valid_to=reorganising.DAY)
    kept = [*bodies.values(), *([ended] if gone == "ended" else [])]
    known = Organisations(kept, reorganising.DAY + timedelta(days=1))
    rulebook = replace(CITY_NOW, organisations=known)
    assert scope_of(endpoint(code), rulebook) is None
    assert scope_of(endpoint(f"{EAST}-ZX", code), rulebook) is None


# How it stands


def test_an_endpoint_is_enabled_open_or_disabled():
    one, now = endpoint(), pieces.NOON
    left_alone = replace(one, open_until=now + timedelta(seconds=1))
    off = replace(left_alone, disabled_at=now)
    assert [each.condition(now) for each in (one, left_alone, off)] == [
        Condition.ENABLED,
        Condition.OPEN,
        Condition.DISABLED,
    ]
    assert left_alone.condition(now + timedelta(seconds=1)) is Condition.ENABLED

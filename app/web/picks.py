"""Picks: one of many is found by name, and those that are likely where the unit is come first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Query
from starlette.responses import Response

from app.api.unit_models import UnitDetail
from app.api.work import seen_unit
from app.data import functions as function_names
from app.domain.action import Action
from app.domain.area import Area, AreaCode, Tier
from app.domain.errors import NotFound
from app.domain.organisation import Function, Organisation, OrganisationKind
from app.domain.responsibility import Entry, EntryCode, Kind
from app.domain.rulebook import Rulebook
from app.web.fields import Option
from app.web.routing import pages
from app.web.visitor import Visiting, Visitor

SHOWN: Final = 30
"""How many are offered at once."""
router = pages("/units/pick")
Words = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for: for which action, where, by which words.

    A holder may not be below the `level`; one of an event is a centre. `lead` comes first.
    """

    what: str
    action: Action
    at: AreaCode
    words: str = ""
    level: Tier | None = None
    is_event: bool = False
    lead: Function | None = None

    @property
    def address(self) -> str:
        """Return where to look for others."""
        asked = {"action": self.action, "at": self.at, "event": str(self.is_event).lower()}
        if self.level is not None:
            asked["level"] = self.level
        return f"{router.prefix}/{self.what}?{urlencode(asked)}"


def terms(unit: UnitDetail, rulebook: Rulebook) -> dict[str, Any]:
    """Return what a unit asks of whoever is to have it."""
    is_event = unit.kind is Kind.EVENT
    known = rulebook.list.get(EntryCode(unit.entry.code)) if unit.entry else None
    return {
        "level": None if is_event else unit.level,
        "is_event": is_event,
        "lead": known.lead if known else None,
    }


@router.get("/{what}")
async def pick(
    what: str,
    me: Visiting,
    action: Action,
    at: str,
    *,
    q: Words = "",
    level: Tier | None = None,
    event: bool = False,
) -> Response:
    """Answer with what fits the words, as options of a select."""
    area = AreaCode(at) if at in me.rulebook.areas else me.organisation.area
    wish = Wish(what, action, area, q.strip(), level, event)
    if what == "into":
        found = await _units(wish.words, me)
    elif what in _NEAR and wish.words:
        found = tuple(islice(_FOUND[what](me, wish), SHOWN))
    elif what in _NEAR:
        found = near(me, wish)
    else:
        raise NotFound(zh=f"没有可选的“{what}”", en=f"nothing to pick: {what}", field="what")
    return me.page("act_options.html", found=found)


def near(me: Visitor, wish: Wish) -> Sequence[Option]:
    """Return those that are likely where the unit is."""
    return tuple(islice(_NEAR[wish.what](me, wish), SHOWN)) if wish.what in _NEAR else ()


def has_more(what: str) -> bool:
    """Tell whether there are others than the likely ones."""
    return what != "function"


def _fits(words: str, *texts: str) -> bool:
    whole = " ".join(texts).lower()
    return all(word in whole for word in words.lower().split())


def _may_have(me: Visitor, wish: Wish) -> Callable[[Organisation], bool]:
    """Return what tells whether a body may be named for an action, as far as the city says it."""
    areas, own = me.rulebook.areas, me.organisation

    def lies_in_own(body: Organisation) -> bool:
        return any(area.code == own.area for area in areas.path(body.area))

    def may_hold(body: Organisation) -> bool:
        is_low = wish.level is not None and body.tier.rank > wish.level.rank
        is_apt = not wish.is_event or body.kind is OrganisationKind.CENTRE
        return is_apt and not is_low and lies_in_own(body)

    def is_centre_below(body: Organisation) -> bool:
        is_centre = body.kind is OrganisationKind.CENTRE
        return is_centre and body.area != own.area and may_hold(body)

    around = {area.code for area in areas.path(own.area)[:-1]}
    match wish.action:
        case Action.PASS_DOWN:
            return is_centre_below
        case Action.TRANSFER | Action.DISPATCH | Action.RULE:
            return may_hold
        case Action.WHISTLE:
            return lambda body: body.area in around and body.kind is not OrganisationKind.CENTRE
        case _:
            return lambda body: body.code != own.code


def _bodies_near(me: Visitor, wish: Wish) -> Iterator[Option]:
    """Yield the bodies of the unit's areas, the smallest first, then of those below one's own.

    Who holds the function that the unit's entry asks for comes before all others.
    """
    bodies, areas, may_have = me.rulebook.organisations, me.rulebook.areas, _may_have(me, wish)
    around = [area.code for area in areas.path(wish.at)]
    if wish.action is not Action.PASS_DOWN:
        around.reverse()
    below = [area.code for area in areas.below(me.organisation.area)]
    some = [one for code in dict.fromkeys((*around, *below)) for one in bodies.of_area(code)]
    some.sort(key=lambda one: wish.lead not in one.functions)
    return (_body(one) for one in some if may_have(one))


def _bodies_found(me: Visitor, wish: Wish) -> Iterator[Option]:
    bodies, may_have = me.rulebook.organisations, _may_have(me, wish)
    found = [
        one
        for one in bodies.values()
        if _fits(wish.words, one.name, one.code) and one in bodies.of_area(one.area)
    ]
    near_by = {area.code: area.tier.rank for area in me.rulebook.areas.path(wish.at)}
    found.sort(key=lambda one: -near_by.get(one.area, -1))
    return (_body(one) for one in found if may_have(one))


def _body(one: Organisation) -> Option:
    return Option(one.code, one.name)


def _entries(me: Visitor) -> Iterator[Entry]:
    known = me.rulebook.list
    return (one for one in known.values() if one.code not in known.asleep)


def _entries_near(me: Visitor, _: Wish) -> Iterator[Option]:
    return (entry(one) for one in _entries(me))


def _entries_found(me: Visitor, wish: Wish) -> Iterator[Option]:
    return (
        entry(one)
        for one in _entries(me)
        if _fits(wish.words, one.code, one.title, one.category_name, *one.keywords, *one.synonyms)
    )


def entry(one: Entry) -> Option:
    """Return an entry to choose."""
    return Option(one.code, f"{one.title} · {one.category_name} · {one.code}")


def _areas_near(me: Visitor, wish: Wish) -> Iterator[Option]:
    areas = me.rulebook.areas
    around = reversed(areas.path(wish.at))
    return (_area(me, one) for one in (*areas.below(wish.at), *around))


def _areas_found(me: Visitor, wish: Wish) -> Iterator[Option]:
    return (
        _area(me, one)
        for one in me.rulebook.areas.values()
        if not one.has_ended and _fits(wish.words, one.name, one.code)
    )


def _area(me: Visitor, one: Area) -> Option:
    path = me.rulebook.areas.path(one.code)
    return Option(one.code, " › ".join(area.name for area in (path[1:] or path)))


def _functions(me: Visitor, _: Wish) -> Iterator[Option]:
    held = {code for body in me.rulebook.organisations.values() for code in body.functions}
    names = _function_names()
    return (Option(code, me.reader.say(names.get(code, code), code)) for code in sorted(held))


@lru_cache(maxsize=1)
def _function_names() -> Mapping[str, str]:
    return function_names()


async def _units(number: str, me: Visitor) -> Sequence[Option]:
    """Return the unit of that number, if it is in sight."""
    if not number:
        return ()
    async with me.service.database.reading() as tx:
        try:
            found = await seen_unit(tx, number, me.caller, me.service)
        except NotFound:
            return ()
    return (Option(str(found.id), f"{found.number} {found.title}"),)


Finder = Callable[[Visitor, Wish], Iterable[Option]]
_NEAR: Final[Mapping[str, Finder]] = {
    "holder": _bodies_near,
    "departments": _bodies_near,
    "entry": _entries_near,
    "area": _areas_near,
    "function": _functions,
}
_FOUND: Final[Mapping[str, Finder]] = {
    "holder": _bodies_found,
    "departments": _bodies_found,
    "entry": _entries_found,
    "area": _areas_found,
    "function": _functions,
}

"""Disputes (争议): who gave a unit back, who coordinates meanwhile, and whose word ends it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed
from app.domain.lifecycle import TRANSITIONS, actions_in
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.route import Route
from app.domain.rulebook import Rulebook
from app.domain.unit import State, Unit
from app.domain.words import ACTION

DISPUTE: Final = "dispute"
"""The key of a unit's reasons that tells who gave it back.

Under it: `coordinator`, the first who had it and coordinates meanwhile (首接负责); `returns`,
how often it was returned; `given_back`, by whom since the last ruling, each once; `awaits`,
the centre that must rule, if one must.
"""

RULING: Final = "ruling"
"""The key of a unit's reasons that holds the last ruling (指定承办)."""

_UNTIL_RULED: Final = frozenset(
    {Action.DISPATCH, Action.PASS_DOWN, Action.DECLINE, Action.RECLASSIFY}
)
"""What nobody does to a unit that waits for a ruling."""

_AGAINST_RULING: Final = frozenset({Action.TRANSFER, Action.RECLASSIFY})
"""What takes a unit from whom a ruling names: only for the centre that ruled, or one above."""

_WITH_HOLDER: Final = frozenset({State.DISPATCHED, State.ACCEPTED, State.IN_PROGRESS})


def returned(unit: Unit) -> Unit:
    """Return the unit with one more return by its holder counted."""
    times = {"returns": returns(unit) + 1}
    return _given_back(unit, times)


def escalated(unit: Unit) -> Unit:
    """Return the unit with its holder noted as one who did not settle it; a wait ends with it."""
    return _given_back(unit, {})


def _given_back(unit: Unit, changes: Mapping[str, Any]) -> Unit:
    known = unit.reasons.get(DISPUTE, {})
    told = {
        "coordinator": known.get("coordinator", unit.holder),
        "returns": returns(unit),
        "given_back": list(dict.fromkeys((*known.get("given_back", ()), unit.holder))),
        **changes,
    }
    return replace(unit, reasons={**unit.reasons, DISPUTE: told})


def awaiting(unit: Unit, centre: OrganisationCode) -> Unit:
    """Return the unit waiting for the ruling of a centre."""
    told = {**unit.reasons[DISPUTE], "awaits": centre}
    return replace(unit, reasons={**unit.reasons, DISPUTE: told})


def ruled(unit: Unit, ruling: Mapping[str, Any]) -> Unit:
    """Return the unit with a ruling: it is disputed no longer, and anybody may be asked again."""
    reasons = {**unit.reasons, RULING: ruling}
    if DISPUTE in reasons:
        kept = {key: reasons[DISPUTE][key] for key in ("coordinator", "returns")}
        reasons[DISPUTE] = {**kept, "given_back": []}
    return replace(unit, reasons=reasons)


def returns(unit: Unit) -> int:
    """Return how often the unit has been returned."""
    return int(unit.reasons.get(DISPUTE, {}).get("returns", 0))


def given_back(unit: Unit) -> frozenset[OrganisationCode]:
    """Return whom the list does not offer the unit to again without a ruling."""
    return frozenset(unit.reasons.get(DISPUTE, {}).get("given_back", ()))


def refuser(unit: Unit, route: Route, rulebook: Rulebook) -> Organisation | None:
    """Return the uppermost on the way from where the unit is who has given it back, if any."""
    back, hops = given_back(unit), route.hops
    below = hops[hops.index(unit.holder) + 1 :] if unit.holder in hops else hops
    found = next((code for code in below if code in back), None)
    return rulebook.organisations[found] if found else None


def awaits(unit: Unit) -> OrganisationCode | None:
    """Return the centre whose ruling the unit waits for."""
    if unit.state is not State.FILED:
        return None
    found: OrganisationCode | None = unit.reasons.get(DISPUTE, {}).get("awaits")
    return found


def bound_by(unit: Unit) -> Mapping[str, Any] | None:
    """Return the ruling that binds the present holder, if one does."""
    ruling: Mapping[str, Any] | None = unit.reasons.get(RULING)
    is_bound = unit.state in _WITH_HOLDER and ruling and ruling["holder"] == unit.holder
    return ruling if is_bound else None


def must_rule(unit: Unit, limit: int) -> bool:
    """Tell whether so many returns leave it to the centre above."""
    return returns(unit) >= limit


def over(unit: Unit, rulebook: Rulebook) -> Organisation:
    """Return the centre that an escalated unit goes to.

    The next above the centre that has it or answers for its holder; of a bound holder's the
    next above the centre that ruled.
    """
    bodies, areas = rulebook.organisations, rulebook.areas
    ruling = bound_by(unit) or {}
    has_centre = unit.state not in _WITH_HOLDER
    start = ruling.get("centre") or (unit.holder if has_centre else unit.centre)
    return bodies.centre_above(bodies[bodies.heir(start)], areas)


def barred(unit: Unit, by: OrganisationCode, rulebook: Rulebook) -> frozenset[Action]:
    """Return what the unit's dispute forbids somebody of that organisation."""
    if awaits(unit):
        return _UNTIL_RULED
    ruling = bound_by(unit)
    if ruling is None:
        return frozenset()
    may_overrule = _is_over(by, ruling.get("centre"), rulebook)
    return frozenset({Action.RETURN}) | (frozenset() if may_overrule else _AGAINST_RULING)


def _is_over(by: OrganisationCode, centre: OrganisationCode | None, rulebook: Rulebook) -> bool:
    """Tell whether a body is the centre that ruled or one above it."""
    bodies = rulebook.organisations
    if centre is None:
        return True
    path = rulebook.areas.path(bodies[bodies.heir(centre)].area)
    return by in {body.code for body in bodies.centres(path)}


def refuse(unit: Unit, action: Action, by: OrganisationCode, rulebook: Rulebook) -> None:
    """Raise ActionNotAllowed for what the unit's dispute forbids, with what leads on."""
    forbidden = barred(unit, by, rulebook)
    if action not in forbidden or (unit.state, action) not in TRANSITIONS:
        return
    allowed = tuple(one for one in actions_in(unit.state) if one not in forbidden)
    ruling = bound_by(unit)
    if ruling is None:
        name = rulebook.organisations[unit.holder].name
        raise ActionNotAllowed(
            zh=f"单元已退回 {returns(unit)} 次, 须由“{name}”指定承办单位",
            en=f"returned {returns(unit)} times: the centre above must rule who has it",
            field="action",
            allowed=allowed,
        )
    raise ActionNotAllowed(
        zh=f"承办单位已由“{ruling['by']}”指定, 不能“{ACTION[action][0]}”; 确有困难请上报",
        en=f"a ruling by {ruling['by']} binds the holder: escalate it instead of {action}",
        field="action",
        allowed=allowed,
    )

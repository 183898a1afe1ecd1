"""Support (协办申请): a holder asks for another body's help, and the centre over both decides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Any, Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid, NotFound
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit

ASKED: Final = "support"
"""The key of a unit's reasons that holds the requests for support not decided yet."""

COUNTED: Final = "support_asked"
"""The key of a unit's reasons that tells how often support was asked for."""

MOST: Final = 20
"""How many requests of one unit may wait at a time."""


def desk(holder: Organisation, helper: Organisation, rulebook: Rulebook) -> Organisation:
    """Return the centre that decides: the nearest over both."""
    areas = rulebook.areas
    pairs = zip(areas.path(holder.area), areas.path(helper.area), strict=False)
    common = tuple(own for own, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return rulebook.organisations.nearest_centre(common)


def asked(
    unit: Unit,
    helper: Organisation,
    rulebook: Rulebook,
    *,
    by: OrganisationCode,
    reason: str,
    at: datetime,
) -> tuple[Unit, Mapping[str, Any]]:
    """Return the unit with a request for help taken down, and the request."""
    if helper.code == by:
        raise Invalid(zh="不能请本单位协办", en="nobody supports themselves", field="holder")
    waiting = open_for(unit)
    if len(waiting) >= MOST or any(one["holder"] == helper.code for one in waiting):
        raise ActionNotAllowed(
            zh=f"已向“{helper.name}”提出协办申请, 或待批申请过多",
            en=f"{helper.name} was asked for already, or too many requests wait",
            field="holder",
            allowed=(Action.GRANT_SUPPORT, Action.REFUSE_SUPPORT, Action.NOTE),
        )
    centre = desk(rulebook.organisations[unit.holder], helper, rulebook).code
    number = unit.reasons.get(COUNTED, 0) + 1
    request = {
        "number": number,
        "holder": helper.code,
        "by": unit.holder,
        "desk": centre,
        "at": at.isoformat(),
        "reason": reason,
    }
    reasons = {**unit.reasons, COUNTED: number, ASKED: [*waiting, request]}
    raised = unit.raised if centre in unit.raised else (*unit.raised, centre)
    return replace(unit, reasons=reasons, raised=raised), request


def open_for(unit: Unit) -> Sequence[Mapping[str, Any]]:
    """Return the requests that still count: those of the holder who has the unit now."""
    return [one for one in unit.reasons.get(ASKED, ()) if one["by"] == unit.holder]


def may_decide(request: Mapping[str, Any], by: Organisation, rulebook: Rulebook) -> bool:
    """Tell whether a request lies on a centre's desk or on one below it."""
    path = rulebook.areas.path(_desk(request, rulebook).area)
    return any(area.code == by.area for area in path)


def _desk(request: Mapping[str, Any], rulebook: Rulebook) -> Organisation:
    return rulebook.organisations[rulebook.organisations.heir(request["desk"])]


def decided(
    unit: Unit, number: int, by: Organisation, rulebook: Rulebook
) -> tuple[Unit, Mapping[str, Any]]:
    """Take a request off the unit that this centre decides.

    Raises NotFound for one that does not wait, Forbidden unless it lies on the centre's desk
    or on one below it.
    """
    waiting = open_for(unit)
    request = next((one for one in waiting if one["number"] == number), None)
    if request is None:
        raise NotFound(
            zh=f"没有待批的协办申请 {number}; 现有 {[one['number'] for one in waiting]}",
            en=f"no request {number} waits",
            field="request",
            allowed=tuple(str(one["number"]) for one in waiting),
        )
    if not may_decide(request, by, rulebook):
        name = _desk(request, rulebook).name
        raise Forbidden(
            zh=f"此协办申请由“{name}”审批",
            en=f"{name} decides this request",
            field="request",
        )
    left = [one for one in waiting if one["number"] != number]
    return replace(unit, reasons={**unit.reasons, ASKED: left}), request

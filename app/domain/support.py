"""Support (协办申请): a holder asks for another body's help, and the centre over both decides."""

from collections.abc import Collection
from itertools import takewhile
from typing import Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.rulebook import Rulebook

MOST: Final = 20
"""How many requests of one unit may wait at a time."""


def desk(holder: Organisation, helper: Organisation, rulebook: Rulebook) -> Organisation:
    """Return the centre that decides: the nearest over both."""
    areas = rulebook.areas
    pairs = zip(areas.path(holder.area), areas.path(helper.area), strict=False)
    common = tuple(own for own, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return rulebook.organisations.nearest_centre(common)


def refuse_helper(
    helper: Organisation, by: OrganisationCode, asked: Collection[OrganisationCode]
) -> None:
    """Raise for help that makes no sense: one's own, or that of one of those `asked` already."""
    if helper.code == by:
        raise Invalid(zh="不能请本单位协办", en="nobody supports themselves", field="holder")
    if helper.code in asked or len(asked) >= MOST:
        raise ActionNotAllowed(
            zh=f"已向“{helper.name}”提出协办申请, 或待批申请过多; 可撤回后重新申请",
            en=f"{helper.name} was asked for already, or too many requests wait; withdraw one",
            field="holder",
            allowed=(Action.WITHDRAW, Action.NOTE),
        )

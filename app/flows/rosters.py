"""Duty rosters, changed one body at a time: each change is a new version of the rulebook."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.authority import Caller, Role
from app.domain.errors import Forbidden, Invalid
from app.domain.organisation import Organisation
from app.domain.roster import Shift
from app.domain.rulebook import Part, Rulebook
from app.flows import publication
from app.flows.publication import NOTICE
from app.store import parts, rulebooks
from app.store.database import Tx
from app.store.rulebooks import Edition


async def replace(
    tx: Tx,
    rulebook: Rulebook,
    body: Organisation,
    shifts: Sequence[Shift],
    *,
    now: datetime,
    by: Caller,
) -> Edition:
    """Give a body these shifts instead of those it has; none at all: it is always on duty.

    Earlier versions keep who was on duty. Raises Forbidden, and Invalid for shifts that are over.
    """
    _refuse_stranger(by, body, rulebook)
    for number, shift in enumerate(shifts):
        if shift.ends_at <= max(shift.starts_at, now):
            raise Invalid(
                zh="班次的结束须晚于开始和现在",
                en="a shift ends after its start and after now",
                field=f"shifts[{number}].ends_at",
            )
    # What follows reads and writes: publications wait for one another from here on.
    await rulebooks.lock(tx)
    others = [one for one in await _published(tx, now) if one.organisation != body.code]
    content = tuple(sorted((*others, *shifts), key=_order))
    return await publication.publish(tx, {Part.ROSTER: content}, now=now, by=by.name)


def _order(shift: Shift) -> tuple[object, ...]:
    return shift.organisation, *shift.place


async def _published(tx: Tx, now: datetime) -> Sequence[Shift]:
    """Return the roster on which a version published now is built."""
    version = await rulebooks.in_force(tx, now=now + NOTICE)
    edition = await rulebooks.edition(tx, version) if version else None
    number = edition.parts.get(Part.ROSTER) if edition else None
    if number is None:
        return ()
    shifts: Sequence[Shift] = parts.decode(
        Part.ROSTER, await rulebooks.part_content(tx, Part.ROSTER, number)
    )
    return shifts


def _refuse_stranger(by: Caller, body: Organisation, rulebook: Rulebook) -> None:
    """Raise Forbidden unless the caller heads the body or the centre above it, or administers."""
    centre = rulebook.organisations.centre_above(body, rulebook.areas)
    is_head = Role.SUPERVISOR in by.roles and by.organisation in {body.code, centre.code}
    if not is_head and Role.ADMINISTRATOR not in by.roles:
        raise Forbidden(
            zh=f"只有“{body.name}”或其上级中心的负责人以及管理员可以排班",
            en=f"only a supervisor of {body.name} or of the centre above, or an administrator",
            field="roles",
        )

"""Who is on duty: in a body and in the centre above it."""

from dataclasses import dataclass
from datetime import datetime

from app.api import render
from app.api.models import OrganisationOut
from app.domain.organisation import Organisation
from app.domain.rulebook import Rulebook


@dataclass(frozen=True)
class Duty:
    """A body with who is on duty; without a roster it always is."""

    body: OrganisationOut
    has_roster: bool
    next_at: datetime | None
    """When somebody is on duty again, if nobody is now."""


def of(body: Organisation, rulebook: Rulebook, now: datetime) -> list[Duty]:
    """Return who is on duty in a body, and in the centre above it: whom to ring at night."""
    above = rulebook.organisations.centre_above(body, rulebook.areas)
    bodies = [body] if above == body else [body, above]
    return [_duty(one, rulebook, now) for one in bodies]


def _duty(body: Organisation, rulebook: Rulebook, now: datetime) -> Duty:
    shifts = rulebook.roster.of(body.code)
    later = (shift.starts_at for shift in shifts if shift.starts_at > now)
    return Duty(
        body=render.organisation(body.code, rulebook, now),
        has_roster=bool(shifts),
        next_at=min(later, default=None),
    )

"""Duty rosters (值班表): who is on duty in which body, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.organisation import OrganisationCode


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's duty in a body or post, from a moment up to another."""

    organisation: OrganisationCode
    person: str
    phone: str
    starts_at: datetime
    ends_at: datetime


class Roster:
    """All shifts by body; a body without any is always on duty."""

    def __init__(self, shifts: Iterable[Shift] = ()) -> None:
        self._by_body: dict[OrganisationCode, tuple[Shift, ...]] = {}
        for shift in sorted(shifts, key=lambda one: (one.starts_at, one.person)):
            known = self._by_body.get(shift.organisation, ())
            self._by_body[shift.organisation] = (*known, shift)

    def on_duty(self, body: OrganisationCode, now: datetime) -> tuple[Shift, ...]:
        """Return the shifts of a body that run at a moment."""
        shifts = self._by_body.get(body, ())
        return tuple(one for one in shifts if one.starts_at <= now < one.ends_at)

    def is_manned(self, body: OrganisationCode, now: datetime) -> bool:
        """Tell whether somebody is on duty, as is always so where there is no roster."""
        return body not in self._by_body or bool(self.on_duty(body, now))

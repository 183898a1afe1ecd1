"""Duty rosters (值班表): who is on duty in which body, and when."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
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

    @property
    def place(self) -> tuple[datetime, str, datetime, str]:
        """What it is sorted by among the shifts of its body."""
        return self.starts_at, self.person, self.ends_at, self.phone


class Roster:
    """All shifts by body; a body without any is always on duty."""

    def __init__(self, shifts: Iterable[Shift] = ()) -> None:
        by_body: dict[OrganisationCode, list[Shift]] = {}
        for shift in sorted(shifts, key=lambda one: one.place):
            by_body.setdefault(shift.organisation, []).append(shift)
        self._by_body = {body: tuple(by_body[body]) for body in sorted(by_body)}
        self._starts = {
            body: [shift.starts_at for shift in shifts] for body, shifts in by_body.items()
        }
        self._longest = {
            body: max(shift.ends_at - shift.starts_at for shift in shifts)
            for body, shifts in by_body.items()
        }

    def __bool__(self) -> bool:
        return bool(self._by_body)

    @property
    def bodies(self) -> Collection[OrganisationCode]:
        """The bodies that have a roster."""
        return self._by_body.keys()

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """All shifts: body by body, and in each by time."""
        return tuple(shift for shifts in self._by_body.values() for shift in shifts)

    def of(self, body: OrganisationCode) -> tuple[Shift, ...]:
        """Return the shifts of a body by time; none: it is always on duty."""
        return self._by_body.get(body, ())

    def on_duty(self, body: OrganisationCode, now: datetime) -> tuple[Shift, ...]:
        """Return the shifts of a body that run at a moment."""
        if body not in self._by_body:
            return ()
        # A body's year is a thousand shifts: only those that may still run are looked at.
        starts, longest = self._starts[body], self._longest[body]
        # A shift for ever is longer than there have been days: nothing is taken off then.
        first = bisect_left(starts, now - longest) if now - starts[0] > longest else 0
        begun = self._by_body[body][first : bisect_right(starts, now)]
        return tuple(one for one in begun if now < one.ends_at)

    def is_manned(self, body: OrganisationCode, now: datetime) -> bool:
        """Tell whether somebody is on duty, as is always so where there is no roster."""
        return body not in self._by_body or bool(self.on_duty(body, now))

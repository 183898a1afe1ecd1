"""How an endpoint stands (端点状态): what has failed, and when it is given up."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.answer import Answer, Outcome
from app.domain.retry import Breaker, Disabled, must_disable
from app.domain.webhook import Endpoint

_CLOSED: Final = Breaker()


@dataclass(frozen=True, slots=True)
class Standing:
    """What an endpoint's answers so far amount to."""

    breaker: Breaker = _CLOSED
    failures: int = 0
    """Attempts that have failed since one succeeded."""
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    succeeded_at: datetime | None = None

    def after(self, answer: Answer, *, began: datetime, at: datetime) -> "Standing":
        """Return it after an answer at `at` to a request begun at `began`."""
        if answer.outcome is Outcome.DELIVERED:
            return Standing(self.breaker.succeeded(), succeeded_at=at)
        return replace(
            self,
            breaker=self.breaker.failed(began=began, at=at),
            failures=self.failures + 1,
            failing_since=self.failing_since or at,
            failed_at=at,
        )

    def probed(self, now: datetime) -> "Standing":
        """Return it with a request on its way; only where the breaker is open that is a probe."""
        if self.breaker.until is None:
            return self
        return replace(self, breaker=self.breaker.probed(now))

    def why_disabled(self, answer: Answer, at: datetime) -> Disabled | None:
        """Tell whether, and why, the endpoint is switched off after its last answer."""
        return must_disable(
            answer, failing_since=self.failing_since, failed_at=self.failed_at, at=at
        )

    def has_turned(self, before: "Standing") -> bool:
        """Tell whether it differs from before in more than in numbers and moments."""
        return (
            self.breaker.until != before.breaker.until or self.failing_since != before.failing_since
        )


def standing_of(endpoint: Endpoint) -> Standing:
    """Return how an endpoint stood when it was last written down."""
    until = endpoint.open_until
    breaker = Breaker(
        failures=endpoint.failures, openings=endpoint.openings, since=until, until=until
    )
    return Standing(
        breaker, endpoint.failures, endpoint.failing_since, succeeded_at=endpoint.succeeded_at
    )

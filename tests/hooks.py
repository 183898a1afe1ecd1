"""Endpoints for tests: made over HTTP, with a post that sends nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.answer import Answer, Outcome
from app.domain.authority import Role
from app.wire.post import Letter
from tests.given import EAST, City, Person

URL = "https://dashboard.example.com/hook"
PATH = "/v1/webhooks"


@dataclass
class FakePost:
    """A post that keeps what it is given, and answers as it is told."""

    letters: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], Answer] = lambda _: Answer(Outcome.DELIVERED, 12.3, 204)

    async def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return self.answer(letter)


def without_network(city: City) -> FakePost:
    """Have the service post to nobody."""
    post, state = FakePost(), city.app.state
    state.service = replace(state.service, post=post)
    return post


async def integrator(city: City, organisation: str = f"{EAST}-ZX") -> Person:
    return await city.person(organisation, Role.INTEGRATOR)


async def made(person: Person, **changes: Any) -> dict[str, Any]:
    """Make an endpoint."""
    answer = await person.call("POST", PATH, json={"url": URL, **changes})
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


async def shown(person: Person, webhook: dict[str, Any]) -> Any:
    """Return an endpoint as it now is."""
    return await person.get(f"{PATH}/{webhook['id']}")


async def told(person: Person, webhook: dict[str, Any], verb: str, **body: Any) -> Any:
    """Do something to an endpoint that succeeds, and return the answer."""
    answer = await person.call("POST", f"{PATH}/{webhook['id']}:{verb}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()

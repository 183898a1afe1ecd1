"""Routes of pages: whoever is not signed in is led there, and refusals are pages as well."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response
from typing_extensions import override

from app.api.problems import PROBLEMS, contended, problem_of, unstorable
from app.api.service import Service
from app.domain.errors import DomainError, Invalid
from app.store.database import BAD_VALUE, CONTENTION
from app.web.pages import shown
from app.web.visitor import SignInNeeded, reader_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route whose refusals are read by people."""

    @override
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInNeeded as needed:
                return _led(request, needed.address)
            except (RequestValidationError, ValidationError):
                error = Invalid(zh="网址中的参数有误", en="the address has a wrong parameter")
                return refused(request, error)
            except DomainError as error:
                return refused(request, error)
            except BAD_VALUE:
                return refused(request, unstorable())
            except CONTENTION:
                return refused(request, contended())

        return answer


def pages(prefix: str = "") -> APIRouter:
    """Return a router for pages."""
    return APIRouter(prefix=prefix, route_class=PageRoute, include_in_schema=False)


def refused(request: Request, error: DomainError) -> Response:
    """Answer with a page that says what is refused, and why."""
    service = Service.of(request)
    zone = service.library.current(service.now()).rulebook.calendar.zone
    reader = reader_of(request, zone)
    problem = problem_of(request, error)
    return shown("problem.html", reader, status=PROBLEMS[type(error)].status, problem=problem)


def _led(request: Request, address: str) -> Response:
    if "hx-request" in request.headers:
        # The page is open already: it goes there as a whole.
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)

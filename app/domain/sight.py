"""Sight (可见范围): what a caller may see, and what lies below an organisation."""

from app.domain.authority import Caller, Scope, oversees, scope_of, subtree
from app.domain.errors import NotFound
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.rulebook import Rulebook


def of_caller(caller: Caller, rulebook: Rulebook) -> Scope:
    """Return what the caller may see as the city now is."""
    body = rulebook.organisations[caller.organisation]
    return scope_of(caller, body, rulebook.areas.before(body.area))


def of_organisation(body: Organisation, rulebook: Rulebook) -> Scope:
    """Return what a body may see, whoever there asks: no reports of anybody's own."""
    return subtree(body, rulebook.areas.before(body.area))


def within(code: str, caller: Caller, rulebook: Rulebook, *, field: str = "code") -> Organisation:
    """Return an organisation of the caller's own subtree; raises NotFound."""
    body = rulebook.organisations.get(OrganisationCode(code))
    scope = of_caller(caller, rulebook)
    if body is None or not oversees(scope, body, rulebook.areas.path(body.area)):
        raise NotFound(zh=f"没有单位“{code}”", en=f"no organisation {code}", field=field)
    return body

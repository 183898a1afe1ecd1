"""Two bodies with one duty in one place (九龙治水)."""

from collections.abc import Iterator, Sequence

from app.domain.area import AreaCode, Tier
from app.domain.check.finding import Finding, Fix, Severity, Sort, some_en, some_zh
from app.domain.check.scene import Scene
from app.domain.organisation import Function, Organisation, OrganisationCode
from app.domain.words import TIER

Rivalry = dict[AreaCode, list[OrganisationCode]]


def rivals(scene: Scene) -> Iterator[Finding]:
    """Yield the functions that several bodies hold in exactly the same area."""
    found: dict[tuple[Function, Tier], Rivalry] = {}
    for area, bodies in _together(scene).items():
        for function, claimants in _claims(bodies).items():
            unrelated = _unrelated(scene, claimants)
            if unrelated:
                places = found.setdefault((function, scene.areas[area].tier), {})
                places[area] = [body.code for body in unrelated]
    for (function, tier), places in found.items():
        yield _rivals(scene, function, tier, places)


def _together(scene: Scene) -> dict[AreaCode, list[Organisation]]:
    """Return the bodies with duties of each existing area that has several of them."""
    by_area: dict[AreaCode, list[Organisation]] = {}
    for body in scene.bodies:
        if body.functions and not scene.no_area(body.area):
            by_area.setdefault(body.area, []).append(body)
    return {area: bodies for area, bodies in by_area.items() if len(bodies) > 1}


def _claims(bodies: Sequence[Organisation]) -> dict[Function, list[Organisation]]:
    claims: dict[Function, list[Organisation]] = {}
    for body in bodies:
        for function in dict.fromkeys(body.functions):
            claims.setdefault(function, []).append(body)
    return {function: held for function, held in claims.items() if len(held) > 1}


def _unrelated(scene: Scene, bodies: Sequence[Organisation]) -> list[Organisation]:
    """Return the bodies that another one, neither above nor below it, competes with."""
    above = {body.code: _above(scene, body) for body in bodies}
    return [
        one
        for one in bodies
        if any(
            one is not other
            and one.code not in above[other.code]
            and other.code not in above[one.code]
            for other in bodies
        )
    ]


def _above(scene: Scene, body: Organisation) -> set[OrganisationCode]:
    found: set[OrganisationCode] = set()
    parent = body.parent
    while parent is not None and parent not in found:
        found.add(parent)
        upper = scene.rulebook.organisations.get(parent)
        parent = upper.parent if upper else None
    return found


def _rivals(scene: Scene, function: Function, tier: Tier, places: Rivalry) -> Finding:
    led = [entry for entry in scene.entries if (entry.lead, entry.level) == (function, tier)]
    codes = tuple(code for area in sorted(places) for code in places[area])
    names = scene.names(places)
    bodies = [scene.rulebook.organisations[code].name for code in codes]
    return Finding(
        Sort.RIVALS,
        # Without an entry to lead there, the rivals never meet over a unit.
        Severity.ERROR if led else Severity.WARNING,
        f"{TIER[tier][0]}职能 {scene.called(function)} 由多个单位同时承担: {some_zh(bodies)};"
        f" 区划: {some_zh(names)}; {len(led)} 个条目由其牵头",
        f"several bodies hold {function} at the {TIER[tier][1]} level: {some_en(bodies)};"
        f" in {some_en(names)}; entries it leads: {len(led)}",
        Fix(
            f"organisations: 只在一个单位的 functions 列保留 {function}, 如从 {codes[1]} 去掉;"
            " 内设岗位请以板块为 parent",
            f"organisations: leave {function} with one body, take it from {codes[1]} for example;"
            " a post has its board as parent",
        ),
        scene.rows(led),
        tuple(sorted(places)),
        codes,
    )

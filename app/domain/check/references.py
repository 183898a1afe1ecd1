"""Dead references: what a rulebook names and nobody can find."""

from collections.abc import Hashable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from app.domain.area import Area, AreaCode
from app.domain.check.finding import Finding, Fix, Row, Severity, Sort, lines_of, some_en, some_zh
from app.domain.check.scene import Scene
from app.domain.organisation import Function, Organisation, OrganisationCode
from app.domain.policy import Rule
from app.domain.responsibility import Entry

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


def dead(scene: Scene) -> Iterator[Finding]:
    """Yield every name that stands for nothing, once, with all that use it."""
    return chain(
        _functions(scene),
        _rules(scene),
        _sections(scene),
        _bodies(scene),
        _areas(scene),
        _shifts(scene),
    )


def _functions(scene: Scene) -> Iterator[Finding]:
    named: dict[Function, list[Entry]] = {}
    for entry in scene.entries:
        for function in _named(entry):
            named.setdefault(function, []).append(entry)
    for function, entries in named.items():
        if scene.is_held(function):
            continue
        rows = scene.rows(entries)
        yield _finding(
            f"职能 {scene.called(function)} 全市无单位承担: {some_zh(code for code, _ in rows)}",
            f"nobody in the city holds {function}: {some_en(code for code, _ in rows)}",
            Fix(
                f"list 第 {lines_of(rows)} 行: 更正 {function}; 或在 organisations 的 functions"
                " 列加上它",
                f"list row {lines_of(rows)}: correct {function}; or add it to the functions of"
                " an organisation",
            ),
            rows=rows,
            areas=scene.whole,
        )


def _named(entry: Entry) -> dict[Function, None]:
    """Return the functions an entry names anywhere."""
    planned = (order.function for order in entry.plan)
    supervisor = (entry.supervisor,) if entry.supervisor else ()
    return dict.fromkeys((entry.lead, *entry.support, *entry.joint, *supervisor, *planned))


def _rules(scene: Scene) -> Iterator[Finding]:
    for area, section in scene.rulebook.policies.sections.items():
        for rule in section.rules:
            entry = scene.rulebook.list.get(rule.entry)
            if entry is None or scene.has_ended(entry.valid_to):
                rows = scene.rows([entry]) if entry else ()
                yield _of_rule(area, rule, "entry", rule.entry, rows)
            for code in rule.areas:
                if scene.no_area(code):
                    yield _of_rule(area, rule, "areas", code)
            if rule.holder is not None and scene.no_body(rule.holder):
                yield _of_rule(area, rule, "holder", rule.holder)


def _of_rule(
    area: AreaCode, rule: Rule, key: str, code: str, rows: tuple[Row, ...] = ()
) -> Finding:
    return _finding(
        f"{area} 的规则“{rule.name}”: {key} 所指 {code} 不存在或已失效",
        f"rule “{rule.name}” of {area}: {key} names {code}, which does not exist or has ended",
        Fix(
            f'policies: 更正 [policy."{area}"] 中规则“{rule.name}”的 {key}, 或删去该规则',
            f'policies: correct {key} of rule “{rule.name}” in [policy."{area}"], or delete it',
        ),
        rows=rows,
        areas=(area,),
    )


def _sections(scene: Scene) -> Iterator[Finding]:
    for area in scene.rulebook.policies.sections:
        if scene.no_area(area):
            yield _finding(
                f"规则一节所指区划 {area} 不存在或已撤销",
                f"a policy section names area {area}, which does not exist or has ended",
                Fix(
                    f'policies: 删去 [policy."{area}"] 一节或改为现有区划',
                    f'policies: delete section [policy."{area}"] or name an area there is',
                ),
                areas=(area,),
            )


def _bodies(scene: Scene) -> Iterator[Finding]:
    astray = _by((body.area, body) for body in scene.bodies if scene.no_area(body.area))
    for area, bodies in astray.items():
        yield _of_bodies("area", area, bodies, (area,))
    orphans = _by(
        (body.parent, body) for body in scene.bodies if body.parent and scene.no_body(body.parent)
    )
    for parent, bodies in orphans.items():
        yield _of_bodies("parent", parent, bodies, tuple(body.area for body in bodies))
    heirless = _by(
        (body.successor, body)
        for body in scene.rulebook.organisations.values()
        if body.successor and body.successor not in scene.rulebook.organisations
    )
    for successor, bodies in heirless.items():
        yield _of_bodies("successor", successor, bodies, tuple(body.area for body in bodies))


def _of_bodies(
    column: str, code: str, bodies: tuple[Organisation, ...], areas: tuple[AreaCode, ...]
) -> Finding:
    codes = [body.code for body in bodies]
    return _finding(
        f"单位 {some_zh(codes)} 的 {column} 列为 {code}, 它不存在或已撤销",
        f"organisations {some_en(codes)}: {column} {code} does not exist or has ended",
        Fix(
            f"organisations: 更正 {codes[0]} 的 {column} 列, 或写上 valid_to",
            f"organisations: correct {column} of {codes[0]}, or give it a valid_to",
        ),
        areas=areas,
        bodies=tuple(codes),
    )


def _areas(scene: Scene) -> Iterator[Finding]:
    standing = (area for area in scene.areas.values() if not scene.has_ended(area.valid_to))
    orphans = _by(
        (area.parent, area) for area in standing if area.parent and scene.no_area(area.parent)
    )
    heirless = _by(
        (area.successor, area)
        for area in scene.areas.values()
        if area.successor and area.successor not in scene.areas
    )
    # An ended heir hands on to its own.
    yield from (_of_areas("parent", code, areas) for code, areas in orphans.items())
    yield from (_of_areas("successor", code, areas) for code, areas in heirless.items())


def _of_areas(column: str, code: AreaCode, areas: tuple[Area, ...]) -> Finding:
    names = [f"{area.code} {area.name}" for area in areas]
    return _finding(
        f"区划 {some_zh(names)} 的 {column} 列为 {code}, 它不存在或已撤销",
        f"areas {some_en(names)}: {column} {code} does not exist or has ended",
        Fix(
            f"areas: 更正 {areas[0].code} 的 {column} 列",
            f"areas: correct {column} of {areas[0].code}",
        ),
        areas=tuple(area.code for area in areas),
    )


def _shifts(scene: Scene) -> Iterator[Finding]:
    for code in dict.fromkeys(shift.organisation for shift in scene.rulebook.roster.shifts):
        if scene.no_body(code):
            body = scene.rulebook.organisations.get(code)
            yield _finding(
                f"值班表中的单位 {code} 不存在或已撤销",
                f"the roster names organisation {code}, which does not exist or has ended",
                Fix(
                    f"roster: 更正或删去 organisation 列为 {code} 的行",
                    f"roster: correct or delete the rows with organisation {code}",
                ),
                areas=(body.area,) if body else scene.whole,
                bodies=(code,),
            )


def _by(pairs: Iterable[tuple[Key, Thing]]) -> dict[Key, tuple[Thing, ...]]:
    """Return the things by their keys, in the order they come."""
    found: dict[Key, tuple[Thing, ...]] = {}
    for key, thing in pairs:
        found[key] = (*found.get(key, ()), thing)
    return found


def _finding(
    zh: str,
    en: str,
    fix: Fix,
    *,
    rows: tuple[Row, ...] = (),
    areas: tuple[AreaCode, ...] = (),
    bodies: tuple[OrganisationCode, ...] = (),
) -> Finding:
    return Finding(Sort.DEAD, Severity.ERROR, zh, en, fix, rows, areas, bodies)

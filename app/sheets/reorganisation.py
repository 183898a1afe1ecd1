"""The plan of a reorganisation (TOML): what begins, moves and ends on a day."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Final

from app.domain.area import Area, AreaCode, Tier
from app.domain.organisation import Function, OrganisationCode, OrganisationKind
from app.domain.reorganisation.plan import (
    Begin,
    BodyBegin,
    BodyEnd,
    BodyRename,
    End,
    Move,
    Plan,
    Recode,
    Rename,
)
from app.sheets.faults import Faults
from app.sheets.outline import is_outline
from app.sheets.section import Section, document

BODIES: Final = "organisation"
_CHANGES: Final = tuple(field.name for field in fields(Plan) if field.name not in ("name", "day"))


def parse(path: Path) -> Plan:
    """Return the plan; whether it can be carried out shows when it is.

    Raises BadSheet with every fault, each under its key, as TOML has no rows.
    """
    faults = Faults(path.name)
    root = document(path, faults)
    bodies = root.section(BODIES)
    parts, broken_up = _splits(root)
    plan = Plan(
        name=root.text("name"),
        day=_day(root, "date"),
        begins=tuple(_begin(one, key) for one, key in _each(root, "new")),
        recodes=tuple(_recode(one, key) for one, key in _each(root, "recode")),
        renames=tuple(
            Rename(_code(one, "code"), one.text("name"), key) for one, key in _each(root, "rename")
        ),
        moves=(*_moves(root), *parts),
        ends=(*_merges(root), *_ends(root), *broken_up),
        body_begins=tuple(_body(one, key) for one, key in _each(bodies, "new", BODIES)),
        body_renames=tuple(
            BodyRename(OrganisationCode(one.text("code")), one.text("name"), key)
            for one, key in _each(bodies, "rename", BODIES)
        ),
        body_ends=tuple(
            BodyEnd(
                OrganisationCode(one.text("code")),
                OrganisationCode(one.text("successor", "")) or None,
                key,
            )
            for one, key in _each(bodies, "end", BODIES)
        ),
    )
    bodies.refuse_unknown()
    root.refuse_unknown()
    if not any(getattr(plan, name) for name in _CHANGES):
        faults.whole("方案中没有任何改动", "the plan changes nothing")
    faults.refuse()
    return plan


def _each(root: Section, verb: str, above: str = "") -> Iterator[tuple[Section, str]]:
    """Yield the tables of a verb with the key each stands under, and see that all was read."""
    key = f"{above}.{verb}" if above else verb
    for number, one in enumerate(root.sections(verb), start=1):
        yield one, f"{key}[{number}]"
        one.refuse_unknown()


def _day(section: Section, key: str) -> date:
    value = section.value(key)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    section.note(key, "应为日期, 如 2026-01-31, 不加引号", "expected a date such as 2026-01-31")
    return date.min


def _code(section: Section, key: str) -> AreaCode:
    return AreaCode(section.text(key))


def _codes(section: Section, key: str) -> tuple[AreaCode, ...]:
    found = tuple(AreaCode(code) for code in section.words(key))
    if not found:
        section.note(key, "至少一个编码", "at least one code")
    return found


def _begin(section: Section, key: str) -> Begin:
    outline = section.text("outline", "")
    if outline and not is_outline(outline):
        section.note("outline", "应为 WKT 的 POLYGON 或 MULTIPOLYGON", "expected a WKT POLYGON")
    area = Area(
        code=_code(section, "code"),
        name=section.text("name"),
        tier=_tier(section, "tier"),
        parent=_code(section, "parent"),
        outline=outline,
        provisional=section.flag("provisional") or False,
    )
    return Begin(area, AreaCode(section.text("like", "")) or None, key)


def _tier(section: Section, key: str) -> Tier:
    text = section.text(key)
    allowed = tuple(Tier)[1:]
    for tier in allowed:
        if tier == text:
            return tier
    section.note(key, f"应为 {'、'.join(allowed)} 之一", f"expected one of {', '.join(allowed)}")
    return allowed[0]


def _recode(section: Section, key: str) -> Recode:
    return Recode(_code(section, "code"), _code(section, "to"), key)


def _moves(root: Section) -> Iterator[Move]:
    for one, key in _each(root, "move"):
        to = _code(one, "to")
        for code in _codes(one, "areas"):
            yield Move(code, to, key)


def _merges(root: Section) -> Iterator[End]:
    for one, key in _each(root, "merge"):
        into = _code(one, "into")
        for code in _codes(one, "areas"):
            yield End(code, into, is_whole=True, key=key)


def _ends(root: Section) -> Iterator[End]:
    for one, key in _each(root, "end"):
        yield End(_code(one, "code"), _code(one, "heir"), is_whole=False, key=key)


def _splits(root: Section) -> tuple[list[Move], list[End]]:
    """Return where each part of a divided area goes, and the end of the whole."""
    moves: list[Move] = []
    ends: list[End] = []
    for one, key in _each(root, "split"):
        into, heir = one.section("into"), _code(one, "heir")
        among = into.keys()
        if heir not in among:
            one.note("heir", "应为 into 中的一个", "must be one of those in into")
        for to in among:
            moves.extend(Move(AreaCode(code), AreaCode(to), key) for code in into.words(to))
        ends.append(End(_code(one, "code"), heir, is_whole=False, key=key))
    return moves, ends


def _body(section: Section, key: str) -> BodyBegin:
    return BodyBegin(
        code=OrganisationCode(section.text("code")),
        name=section.text("name"),
        kind=_kind(section, "kind"),
        area=_code(section, "area"),
        functions=tuple(Function(one) for one in section.words("functions")),
        phone=section.text("phone", ""),
        parent=OrganisationCode(section.text("parent", "")) or None,
        key=key,
    )


def _kind(section: Section, key: str) -> OrganisationKind:
    text = section.text(key)
    for kind in OrganisationKind:
        if kind == text:
            return kind
    allowed = tuple(OrganisationKind)
    section.note(key, f"应为 {'、'.join(allowed)} 之一", f"expected one of {', '.join(allowed)}")
    return OrganisationKind.DEPARTMENT

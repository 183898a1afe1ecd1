"""The bodies after the areas were redrawn: who begins, who ends and who follows whom."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from app.domain.area import Area, AreaCode, Areas, is_valid
from app.domain.organisation import Organisation, OrganisationCode, Organisations
from app.domain.reorganisation.plan import (
    BodyBegin,
    BodyEnd,
    BodyRename,
    Doubts,
    Plan,
    Rename,
)
from app.domain.succession import recoded, stand_in

LENGTH: Final = 80
"""The longest name a body may have."""


def restaffed(
    bodies: Iterable[Organisation], before: Areas, after: Areas, plan: Plan, doubts: Doubts
) -> tuple[Organisation, ...]:
    """Return the bodies after the plan, old ones in their order; what is done already stays."""
    staff = _Staff(bodies, before, after, plan, doubts)
    for begin in plan.begins:
        if begin.like is not None:
            staff.copy(begin.like, begin.area.code, begin.key)
    for recode in plan.recodes:
        staff.copy(recode.code, recode.to, recode.key)
    for rename in plan.renames:
        staff.rename_all(rename)
    staff.change(plan)
    staff.end_with_areas()
    staff.settle()
    return tuple(staff.bodies.values())


class _Staff:
    """The bodies while a plan is carried out."""

    def __init__(
        self,
        bodies: Iterable[Organisation],
        before: Areas,
        after: Areas,
        plan: Plan,
        doubts: Doubts,
    ) -> None:
        self.bodies = {body.code: body for body in bodies}
        self._before = before
        self._after = after
        self._day = plan.day
        self._doubts = doubts
        self._named: dict[OrganisationCode, OrganisationCode] = {}

    def copy(self, old: AreaCode, new: AreaCode, key: str) -> None:
        """Give an area the bodies of another one, under its own code and name."""
        area = self._after[new]
        for body in self._of_area(old):
            code = recoded(body, area)
            if code == body.code:
                zh = f"单位 {code} 的编码不含 {old}, 请用 organisation.new 列出"
                self._doubts.note(key, zh, f"{code} does not contain {old}: list its like")
            elif code not in self.bodies:
                name = body.name.replace(self._before[old].name, area.name, 1)
                self.bodies[code] = replace(
                    body, code=code, name=name, area=new, valid_from=self._day, valid_to=None
                )

    def _of_area(self, code: AreaCode) -> list[Organisation]:
        """Return the bodies of an area as they are before the plan."""
        return [
            body
            for body in self.bodies.values()
            if body.area == code and (body.valid_to is None or body.valid_to >= self._day)
        ]

    def rename_all(self, rename: Rename) -> None:
        """Let the bodies of a renamed area have its new name in theirs."""
        known = self._before.get(rename.code)
        for body in self._of_area(rename.code) if known else ():
            name = body.name.replace(known.name, rename.name, 1) if known else body.name
            self.bodies[body.code] = replace(body, name=name)

    def change(self, plan: Plan) -> None:
        """Do what the plan says of single bodies."""
        for new in plan.body_begins:
            self.begin(new)
        for rename in plan.body_renames:
            self.rename(rename)
        for end in plan.body_ends:
            self.end(end)

    def begin(self, new: BodyBegin) -> None:
        """Add a new body."""
        known, area = self.bodies.get(new.code), self._after.get(new.area)
        if area is None or not is_valid(area.valid_from, area.valid_to, self._day):
            zh, en = f"当日没有区划 {new.area}", f"no area {new.area} that day"
            self._doubts.note(new.key, zh, en)
        elif known is None:
            self.bodies[new.code] = Organisation(
                code=new.code,
                name=new.name,
                kind=new.kind,
                area=area.code,
                tier=area.tier,
                parent=new.parent,
                functions=new.functions,
                phone=new.phone,
                valid_from=self._day,
            )
        elif known.valid_from != self._day or known.area != new.area:
            zh, en = f"单位 {new.code} 已存在", f"{new.code} exists already"
            self._doubts.note(new.key, zh, en)

    def rename(self, rename: BodyRename) -> None:
        """Give a body another name."""
        if self._is_known(rename.code, rename.key):
            self.bodies[rename.code] = replace(self.bodies[rename.code], name=rename.name)

    def end(self, end: BodyEnd) -> None:
        """End a body; who follows is settled when all who end are known."""
        if not self._is_known(end.code, end.key):
            return
        body = self.bodies[end.code]
        if end.successor is not None and not self._is_known(end.successor, end.key):
            return
        if body.valid_to == self._day and body.successor is not None:
            return
        if not is_valid(body.valid_from, body.valid_to, self._day) or body.valid_from == self._day:
            zh, en = f"单位 {end.code} 当日前不存在", f"{end.code} does not exist before"
            self._doubts.note(end.key, zh, en)
            return
        self.bodies[end.code] = replace(body, valid_to=self._day, successor=end.successor)

    def _is_known(self, code: OrganisationCode, key: str) -> bool:
        if code not in self.bodies:
            self._doubts.note(key, f"没有单位 {code}", f"no body {code}")
        return code in self.bodies

    def end_with_areas(self) -> None:
        """End the bodies of the areas that end."""
        ended = {code for code, area in self._after.items() if area.has_ended}
        for body in tuple(self.bodies.values()):
            if body.area in ended and body.valid_to is None:
                self.bodies[body.code] = replace(body, valid_to=self._day)

    def settle(self) -> None:
        """Say who follows whoever ends, and put everybody under a body that exists."""
        city = self._after.city
        standing = Organisations(self.bodies.values(), self._day)
        if standing.centre(city.code) is None:
            zh, en = "市级治理中心不能没有", "the city needs its centre"
            self._doubts.note(city.code, zh, en)
            return
        for body in tuple(self.bodies.values()):
            if body.valid_to == self._day:
                self._succeed(body, standing)
        standing = Organisations(self.bodies.values(), self._day)
        for body in tuple(self.bodies.values()):
            if body.parent is not None and is_valid(body.valid_from, body.valid_to, self._day):
                self._put_under(body, body.parent, standing)

    def _succeed(self, body: Organisation, standing: Organisations) -> None:
        path = self._after.path(self._after.heir(body.area))
        follower = body.successor or stand_in(body, path, standing).code
        if standing[follower].valid_to == self._day:
            zh = f"承继 {body.code} 的 {follower} 同时被撤销"
            self._doubts.note(body.code, zh, f"{follower} ends, too")
        elif body.successor is None:
            self.bodies[body.code] = replace(body, successor=follower)

    def _put_under(
        self, body: Organisation, parent: OrganisationCode, standing: Organisations
    ) -> None:
        """Keep the parent while it acts where the body does; else its like there follows."""
        path = self._after.path(body.area)
        over = standing.get(parent)
        if over is None:
            zh, en = f"没有单位 {parent}", f"no body {parent}"
            self._doubts.note(body.code, zh, en)
            return
        lives = is_valid(over.valid_from, over.valid_to, self._day)
        if lives and _acts_on(over, path):
            return
        follower = stand_in(standing[standing.heir(parent)], path, standing)
        if follower.code == body.code:
            follower = standing.nearest_centre(path[:-1])
        self.bodies[body.code] = replace(body, parent=follower.code)


def _acts_on(body: Organisation, path: tuple[Area, ...]) -> bool:
    return any(area.code == body.area for area in path)

"""The tree of areas redrawn by a plan."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from app.domain.area import Area, AreaCode, Tier, is_valid
from app.domain.reorganisation.plan import Begin, Doubts, End, Move, Plan, Recode, Rename

_TIERS: Final = tuple(Tier)


def redrawn(areas: Iterable[Area], plan: Plan, doubts: Doubts) -> tuple[Area, ...]:
    """Return the areas after the plan, old ones in their order; what is done already stays."""
    tree = _Tree(areas, plan, doubts)
    for begin in plan.begins:
        tree.begin(begin)
    for recode in plan.recodes:
        tree.recode(recode)
    for rename in plan.renames:
        tree.rename(rename)
    tree.refuse_doubles()
    ends = tuple(ends_of(plan))
    for move in (*plan.moves, *tree.left_to_heirs(ends)):
        tree.move(move)
    for end in tree.finest_first(ends):
        tree.end(end)
    return tuple(tree.areas.values())


def ends_of(plan: Plan) -> Iterator[End]:
    """Yield every end of an area; a recoded one ends under its old code."""
    yield from plan.ends
    for recode in plan.recodes:
        yield End(recode.code, recode.to, is_whole=True, key=recode.key)


class _Tree:
    """The areas while a plan is carried out."""

    def __init__(self, areas: Iterable[Area], plan: Plan, doubts: Doubts) -> None:
        self.areas = {area.code: area for area in areas}
        self._plan = plan
        self._doubts = doubts
        self._ending = {end.code for end in ends_of(plan)}

    def begin(self, begin: Begin) -> None:
        """Add a new area under a parent one tier above."""
        area, key = replace(begin.area, valid_from=self._plan.day), begin.key
        known = self.areas.get(area.code)
        if known is not None:
            if known.valid_from != area.valid_from or known.name != area.name:
                self._doubts.note(key, f"编码 {area.code} 已存在", f"{area.code} exists already")
            return
        if area.parent is None or not self._stands(area.parent, key):
            return
        if self._fits(area, area.parent, key) and self._alike(begin, key):
            self.areas[area.code] = area

    def _alike(self, begin: Begin, key: str) -> bool:
        """Tell whether the area whose bodies are to be copied exists and has the same tier."""
        model = self.areas.get(begin.like) if begin.like else begin.area
        if model is None:
            self._doubts.note(key, f"没有区划 {begin.like}", f"no area {begin.like}")
            return False
        if model.tier is not begin.area.tier:
            self._doubts.note(key, f"{begin.like} 层级不同", f"{begin.like} is of another tier")
            return False
        return True

    def recode(self, recode: Recode) -> None:
        """Add the same area under its new code."""
        if not self._stands(recode.code, recode.key):
            return
        old = self.areas[recode.code]
        same = replace(old, code=recode.to, provisional=False, successor=None, valid_to=None)
        self.begin(Begin(same, None, recode.key))

    def rename(self, rename: Rename) -> None:
        """Give an area another name; the old one goes on being understood."""
        if not self._stands(rename.code, rename.key):
            return
        area = self.areas[rename.code]
        if area.name != rename.name:
            names = (*area.old_names, area.name)
            self.areas[area.code] = replace(area, name=rename.name, old_names=names)

    def refuse_doubles(self) -> None:
        """Note what the plan does to the same area twice."""
        plan = self._plan
        for changes in (plan.moves, plan.renames, tuple(ends_of(plan))):
            seen: set[AreaCode] = set()
            for change in changes:
                if change.code in seen:
                    zh, en = f"{change.code} 出现了两次", f"{change.code} stands there twice"
                    self._doubts.note(change.key, zh, en)
                seen.add(change.code)

    def left_to_heirs(self, ends: Iterable[End]) -> list[Move]:
        """Return the moves of what lies in areas that end as a whole and is moved nowhere else."""
        heirs = {end.code: end for end in ends if end.is_whole and self._are_alike(end)}
        stays = {move.code for move in self._plan.moves} | self._ending
        return [
            Move(area.code, heirs[area.parent].heir, heirs[area.parent].key)
            for area in self.areas.values()
            if area.parent in heirs and area.code not in stays and self._lives(area)
        ]

    def _are_alike(self, end: End) -> bool:
        area, heir = self.areas.get(end.code), self.areas.get(end.heir)
        return area is not None and heir is not None and area.tier is heir.tier

    def finest_first(self, ends: Iterable[End]) -> list[End]:
        """Return the ends in an order in which nothing is left in what ends."""
        known = self.areas
        return sorted(ends, key=lambda end: -known[end.code].tier.rank if end.code in known else 0)

    def move(self, move: Move) -> None:
        """Put an area under another parent; where it lay before stays known."""
        if not (self._stands(move.code, move.key) and self._is_known(move.to, move.key)):
            return
        area = self.areas[move.code]
        if area.parent == self._heir(move.to):
            return
        if move.code in self._ending:
            self._doubts.note(move.key, f"{move.code} 同时被撤销", f"{move.code} ends, too")
        elif self._stays(move.to, move.key) and self._fits(area, move.to, move.key):
            former = (*area.former, *((area.parent,) if area.parent else ()))
            self.areas[area.code] = replace(area, parent=move.to, former=former)

    def end(self, end: End) -> None:
        """End an area whose place its heir answers for from then on."""
        area, day = self.areas.get(end.code), self._plan.day
        if area is not None and (area.valid_to, area.successor) == (day, end.heir):
            return
        if not (self._stands(end.code, end.key) and self._stays(end.heir, end.key)):
            return
        if not self._is_heir(self.areas[end.code], self.areas[end.heir], end.key):
            return
        left = [one.code for one in self._inside(end.code)]
        if left:
            shown = "、".join(left[:5])
            zh = f"撤销 {end.code} 前须划出其中 {len(left)} 个区划: {shown}"
            en = f"{len(left)} areas in {end.code} have nowhere to go: {shown}"
            self._doubts.note(end.key, zh, en)
            return
        self.areas[end.code] = replace(self.areas[end.code], valid_to=day, successor=end.heir)

    def _heir(self, code: AreaCode) -> AreaCode:
        """Return where a place belongs by now: a plan carried out again meets later ones."""
        while (after := self.areas[code].successor) is not None:
            code = after
        return code

    def _inside(self, code: AreaCode) -> Iterator[Area]:
        return (one for one in self.areas.values() if one.parent == code and self._lives(one))

    def _is_heir(self, area: Area, heir: Area, key: str) -> bool:
        if area.valid_from == self._plan.day:
            self._doubts.note(key, f"{area.code} 当日才设立", f"{area.code} begins that day")
        elif area.tier is not heir.tier:
            zh = f"承继 {area.code} 的 {heir.code} 层级不同"
            self._doubts.note(key, zh, f"the heir {heir.code} is of another tier")
        else:
            return True
        return False

    def _stays(self, code: AreaCode, key: str) -> bool:
        """Tell whether an area exists on the day and the plan does not end it."""
        if code in self._ending:
            zh, en = f"{code} 在同一方案中被撤销", f"{code} ends in the same plan"
            self._doubts.note(key, zh, en)
            return False
        return self._stands(code, key)

    def _stands(self, code: AreaCode, key: str) -> bool:
        """Tell whether an area exists on the day; an area this very plan ended did until then."""
        if not self._is_known(code, key):
            return False
        if not self._lives(self.areas[code]) and code not in self._ending:
            self._doubts.note(key, f"区划 {code} 当日不存在", f"{code} does not exist that day")
            return False
        return True

    def _is_known(self, code: AreaCode, key: str) -> bool:
        if code not in self.areas:
            self._doubts.note(key, f"没有区划 {code}", f"no area {code}")
        return code in self.areas

    def _lives(self, area: Area) -> bool:
        return is_valid(area.valid_from, area.valid_to, self._plan.day)

    def _fits(self, area: Area, parent: AreaCode, key: str) -> bool:
        over = self.areas[parent].tier
        if area.tier is not Tier.CITY and over is _TIERS[area.tier.rank - 1]:
            return True
        zh = f"{area.code} 为 {area.tier}, 不能在 {over} {parent} 之下"
        self._doubts.note(key, zh, f"a {area.tier} cannot lie in the {over} {parent}")
        return False

"""One table of a TOML document read key by key: faults are noted under the key's full name."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final

from app.domain.limit import Limit, parse_limit
from app.domain.policy import Marks, Rule
from app.domain.responsibility import EntryCode, Urgency
from app.sheets.faults import Faults

FULL: Final = 100
MOST_PERCENT: Final = 1000


class Section:
    """Reads what it is asked for and remembers it, so that the rest is unknown."""

    def __init__(self, values: Mapping[str, object], name: str, faults: Faults) -> None:
        self._values = values
        self._name = name
        self._faults = faults
        self._read: set[str] = set()

    def keys(self) -> Collection[str]:
        """Return the keys that are there."""
        return self._values.keys()

    def note(self, key: str, zh: str, en: str) -> None:
        """Note a fault of a key."""
        self._faults.whole(f"{self._full(key)}: {zh}", f"{self._full(key)}: {en}")

    def refuse_unknown(self) -> None:
        """Note every key nobody asked for."""
        for key in self._values:
            if key not in self._read:
                allowed = "、".join(sorted(self._read))
                self.note(key, f"未知的键, 应为 {allowed}", "unknown key")

    def section(self, key: str) -> "Section":
        """Return the table under a key, empty where there is none."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            self.note(key, "应为表 [...]", "expected a table")
            value = {}
        return Section(value, self._full(key), self._faults)

    def limits(self, key: str, default: Mapping[Urgency, Limit]) -> Mapping[Urgency, Limit]:
        """Return a limit for each urgency."""
        section = self.section(key)
        found = {urgency: section.limit(urgency, default[urgency]) for urgency in Urgency}
        section.refuse_unknown()
        return found

    def limit(self, key: str, default: Limit) -> Limit:
        """Return a limit such as 2工作时."""
        value = self._take(key, str(default))
        try:
            return parse_limit(str(value))
        except ValueError as error:
            zh, _, _ = str(error).partition(" / ")
            self.note(key, zh, "expected a limit such as 2工作时")
            return default

    def marks(self, key: str, default: Marks) -> Marks:
        """Return marks whose percentages rise and whose first raise is the limit itself."""
        section = self.section(key)
        marks = Marks(
            warn=section.percent("warn", default.warn),
            raises=section.percents("raises", default.raises),
        )
        section.refuse_unknown()
        if not all(earlier < later for earlier, later in pairwise(marks.percents)):
            self.note(key, "百分比须逐个增大, warn 最小", "percentages must rise, warn first")
        if marks.raises[:1] != (FULL,):
            self.note(key, "raises 须以 100 开始", "raises must begin with 100")
        return marks

    def percent(self, key: str, default: int) -> int:
        """Return a whole percentage."""
        return self._percent(key, self._take(key, default), default)

    def percents(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return a list of whole percentages."""
        values = self._list(key, default)
        return tuple(self._percent(key, value, FULL) for value in values)

    def share(self, key: str, default: float) -> float:
        """Return a number from 0 to 1."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.note(key, "应为 0 到 1 的数", "expected a number from 0 to 1")
            return default
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.note(key, "应为 true 或 false", "expected true or false")
            return default
        return value

    def rules(self, key: str, entries: Collection[EntryCode]) -> tuple[Rule, ...]:
        """Return the rules in their order; names are unique."""
        rules: list[Rule] = []
        for number, value in enumerate(self._list(key, ()), start=1):
            if not isinstance(value, dict):
                self.note(key, "应写成 [[...rules]]", "expected [[...rules]]")
                continue
            rule = Section(value, f"{self._full(key)}[{number}]", self._faults)
            rules.append(rule.rule(entries))
        names = [rule.name for rule in rules]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.note(key, f"规则名“{name}”重复", f"the rule name “{name}” occurs twice")
        return tuple(rules)

    def rule(self, entries: Collection[EntryCode]) -> Rule:
        """Return this table as a rule; it must name an entry and ask for something."""
        rule = Rule(
            name=self.text("name"),
            entry=EntryCode(self.text("entry")),
            source=self.text("source", ""),
            contains=tuple(self._word("contains", word) for word in self._list("contains", ())),
            attributes=self.section("attributes").texts(),
        )
        self.refuse_unknown()
        if rule.entry and rule.entry not in entries:
            self.note("entry", f"清单中没有条目 {rule.entry}", f"no entry {rule.entry} in the list")
        if not (rule.source or rule.contains or rule.attributes):
            self.note(
                "contains",
                "规则须至少有 source、contains、attributes 之一, 否则一切都命中",
                "a rule without a condition would catch everything",
            )
        return rule

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self._take(key, "" if default is None else default)
        if default is None and value == "":
            self.note(key, "不能为空", "must not be blank")
        return self._word(key, value) if value else ""

    def texts(self) -> dict[str, str]:
        """Return the whole table as texts."""
        return {key: self._word(key, self._take(key, "")) for key in self._values}

    def _word(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            self.note(key, "应为非空文本", "expected a text that is not blank")
            return ""
        return value

    def _percent(self, key: str, value: object, default: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PERCENT:
            self.note(key, f"应为 1-{MOST_PERCENT} 的整数", "expected whole percentages")
            return default
        return value

    def _list(self, key: str, default: Sequence[object]) -> Sequence[object]:
        value = self._take(key, list(default))
        if not isinstance(value, list):
            self.note(key, "应为列表 [...]", "expected a list")
            return default
        return value

    def _take(self, key: str, default: object) -> object:
        self._read.add(key)
        return self._values.get(key, default)

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

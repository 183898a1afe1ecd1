"""One table of a TOML document read key by key: faults are noted under the key's full name.

A key that is not there gives None: what it then means is not the document's business.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from app.domain.area import Tier
from app.domain.limit import Limit, parse_limit
from app.domain.policy import Nearness, Whistle
from app.domain.responsibility import Urgency
from app.sheets.faults import Faults
from app.sheets.rows import SIZE_LIMIT

MOST_METRES: Final = 500
MOST_HOURS: Final = 720


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

    def sections(self, key: str) -> "list[Section]":
        """Return the tables of a list in their order; None of them where there is no list."""
        found = []
        for number, value in enumerate(self.items(key), start=1):
            if isinstance(value, dict):
                found.append(Section(value, f"{self._full(key)}[{number}]", self._faults))
            else:
                self.note(key, f"应写成 [[...{key}]]", f"expected [[...{key}]]")
        return found

    def limits(self, key: str) -> Mapping[Urgency, Limit] | None:
        """Return a limit for each urgency named."""
        if self._is_absent(key):
            return None
        section = self.section(key)
        found = {urgency: section.limit(urgency) for urgency in Urgency}
        section.refuse_unknown()
        return {urgency: limit for urgency, limit in found.items() if limit is not None}

    def limit(self, key: str) -> Limit | None:
        """Return a limit such as 2工作时."""
        value = self._take(key, None)
        if value is None:
            return None
        try:
            return parse_limit(str(value))
        except ValueError as error:
            zh, _, _ = str(error).partition(" / ")
            self.note(key, zh, "expected a limit such as 2工作时")
            return None

    def flags(self, key: str) -> Mapping[Urgency, bool] | None:
        """Return true or false for each urgency named."""
        if self._is_absent(key):
            return None
        section = self.section(key)
        found = {urgency: section.flag(urgency) for urgency in Urgency}
        section.refuse_unknown()
        return {urgency: flag for urgency, flag in found.items() if flag is not None}

    def urgencies(self, key: str) -> tuple[Urgency, ...] | None:
        """Return the urgencies of a list, which may be empty."""
        if self._is_absent(key):
            return None
        named = self.items(key)
        if not all(value in tuple(Urgency) for value in named):
            allowed = "、".join(Urgency)
            self.note(key, f"应为 {allowed} 的列表", f"expected a list of {', '.join(Urgency)}")
        return tuple(urgency for urgency in Urgency if urgency in named)

    def levels(self, key: str, most: int) -> Mapping[Urgency, tuple[int, ...]] | None:
        """Return for each urgency named how many centres must agree, the first time and after."""
        if self._is_absent(key):
            return None
        section = self.section(key)
        named = [urgency for urgency in Urgency if urgency in section.keys()]  # noqa: SIM118
        found = {urgency: section.counts(urgency, most) for urgency in named}
        section.refuse_unknown()
        return found

    def counts(self, key: str, most: int) -> tuple[int, ...]:
        """Return a list of at least one whole number from 0 to `most`."""
        values = self.items(key)
        if not values or not all(type(value) is int and 0 <= value <= most for value in values):
            self.note(
                key,
                f"应为 0 到 {most} 的整数列表, 至少一个",
                f"expected a list of whole numbers from 0 to {most}",
            )
            return (most,)
        return tuple(int(str(value)) for value in values)

    def count(self, key: str, most: int) -> int | None:
        """Return a whole number from 0 to `most`."""
        value = self._take(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.note(key, f"应为 0 到 {most} 的整数", f"expected a whole number from 0 to {most}")
            return None
        return value

    def whistle(self, key: str) -> Whistle | None:
        """Return who may blow a whistle and within what those called must show up."""
        if self._is_absent(key):
            return None
        section, default = self.section(key), Whistle()
        named = section.items("tiers", default.tiers)
        if not all(value in tuple(Tier) for value in named):
            allowed = "、".join(Tier)
            section.note("tiers", f"应为 {allowed} 的列表", f"expected a list of {', '.join(Tier)}")
        limits = {
            name: section.limit(name) or getattr(default, name)
            for name in ("sign", "contact", "work", "hard")
        }
        section.refuse_unknown()
        return Whistle(tuple(tier for tier in Tier if tier in named), **limits)

    def nearness(self, key: str) -> Nearness | None:
        """Return how near in metres and hours two reports are one matter; 0 hours: never."""
        if self._is_absent(key):
            return None
        section, default = self.section(key), Nearness()
        metres, hours = section.count("metres", MOST_METRES), section.count("hours", MOST_HOURS)
        section.refuse_unknown()
        return Nearness(
            default.metres if metres is None else metres, default.hours if hours is None else hours
        )

    def share(self, key: str) -> float | None:
        """Return a number from 0 to 1."""
        value = self._take(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.note(key, "应为 0 到 1 的数", "expected a number from 0 to 1")
            return None
        return float(value)

    def flag(self, key: str) -> bool | None:
        """Return true or false."""
        value = self._take(key, None)
        if value is not None and not isinstance(value, bool):
            self.note(key, "应为 true 或 false", "expected true or false")
            return None
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self._take(key, "" if default is None else default)
        if default is None and value == "":
            self.note(key, "不能为空", "must not be blank")
        return self._word(key, value) if value else ""

    def texts(self) -> dict[str, str]:
        """Return the whole table as texts."""
        return {key: self._word(key, self._take(key, "")) for key in self._values}

    def words(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list, empty where there is none."""
        return tuple(self._word(key, value) for value in self.items(key))

    def items(self, key: str, default: Sequence[object] = ()) -> Sequence[object]:
        """Return the values of a list."""
        value = self._take(key, list(default))
        if not isinstance(value, list):
            self.note(key, "应为列表 [...]", "expected a list")
            return default
        return value

    def value(self, key: str) -> object:
        """Return whatever stands under a key."""
        return self._take(key, None)

    def _word(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            self.note(key, "应为非空文本", "expected a text that is not blank")
            return ""
        return value

    def _is_absent(self, key: str) -> bool:
        self._read.add(key)
        return key not in self._values

    def _take(self, key: str, default: object) -> object:
        self._read.add(key)
        return self._values.get(key, default)

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def document(path: Path, faults: Faults) -> Section:
    """Return the root of a TOML file; raises BadSheet when it is none."""
    if path.stat().st_size > SIZE_LIMIT:
        faults.whole("文件超过 50 MB", "the file is larger than 50 MB")
        faults.refuse()
    values: Mapping[str, object] = {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        faults.whole("文件编码应为 UTF-8", "the file must be UTF-8")
    except tomllib.TOMLDecodeError as error:
        faults.whole(f"不是 TOML: {error}", f"not TOML: {error}")
    except RecursionError:
        faults.whole("不是 TOML: 括号嵌套过深", "not TOML: brackets nested too deep")
    faults.refuse()
    return Section(values, "", faults)

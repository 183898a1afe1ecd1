"""The policies document (TOML): a section for the city and each area with its own."""

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from app.domain.area import AreaCode
from app.domain.policy import Policy
from app.domain.responsibility import EntryCode
from app.sheets import toml
from app.sheets.faults import Faults
from app.sheets.rows import SIZE_LIMIT
from app.sheets.section import Section
from app.sheets.toml import POLICY

_DEFAULT: Final = Policy()


def parse(
    path: Path, areas: Collection[AreaCode], entries: Collection[EntryCode]
) -> dict[AreaCode, Policy]:
    """Return the policy of each area that has one; keys left out take the product's defaults.

    Raises BadSheet with every fault, each under its key, as TOML has no rows.
    """
    faults = Faults(path.name)
    root = Section(_document(path, faults), "", faults)
    by_area = root.section(POLICY)
    found: dict[AreaCode, Policy] = {}
    for code in by_area.keys():  # noqa: SIM118 - a Section is no mapping
        if code not in areas:
            by_area.note(code, f"没有区划 {code}", f"no area {code}")
        section = by_area.section(code)
        found[AreaCode(code)] = _policy(section, entries)
        section.refuse_unknown()
    root.refuse_unknown()
    faults.refuse()
    return found


def _document(path: Path, faults: Faults) -> Mapping[str, object]:
    if path.stat().st_size > SIZE_LIMIT:
        faults.whole("文件超过 50 MB", "the file is larger than 50 MB")
        faults.refuse()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        faults.whole("文件编码应为 UTF-8", "the file must be UTF-8")
    except tomllib.TOMLDecodeError as error:
        faults.whole(f"不是 TOML: {error}", f"not TOML: {error}")
    faults.refuse()
    return {}


def _policy(section: Section, entries: Collection[EntryCode]) -> Policy:
    return Policy(
        triage=section.limits("triage", _DEFAULT.triage),
        dispatch=section.limits("dispatch", _DEFAULT.dispatch),
        accept=section.limits("accept", _DEFAULT.accept),
        verify=section.limits("verify", _DEFAULT.verify),
        marks=section.marks("marks", _DEFAULT.marks),
        pressing_marks=section.marks("pressing_marks", _DEFAULT.pressing_marks),
        confidence=section.share("confidence", _DEFAULT.confidence),
        closes_on_verify=section.flag("closes_on_verify", default=_DEFAULT.closes_on_verify),
        rules=section.rules("rules", entries),
    )


def write(path: Path, policies: Mapping[AreaCode, Policy]) -> None:
    """Write the document with every key, whether default or not."""
    path.write_text(toml.document(policies), encoding="utf-8")

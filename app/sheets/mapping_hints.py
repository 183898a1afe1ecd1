"""The way out of what an import finds."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from app.sheets.faults import Fault
from app.sheets.mapping_rules import Rule
from app.sheets.mapping_units import OWNER, STREET, Units
from app.sheets.responsibility import CONDITION_LENGTH

Hint = tuple[str, str]
_FUNCTIONS: Final = ("lead", "support", "joint", "supervisor")


def of_fault(fault: Fault, text: str, functions: Collection[str]) -> tuple[Hint, Hint]:
    """Return a fault and the way out, in a row whose column came out as `text`."""
    if fault.column == "limit" and text:
        # The reason stands in the fault, after the text itself: it is the way out.
        reason = fault.zh.removeprefix(f"时限“{text}”")
        what = (f"“{text}”不能作时限", f"“{text}” is no limit")
        return what, (reason, "write a number and a unit, or split the row by its condition")
    return (fault.zh, fault.en), _way_out(fault.column, text, functions)


def _way_out(column: str, text: str, functions: Collection[str]) -> Hint:
    if not text:
        return (
            f"补填此格; 或在映射 columns.{column} 写 default; 上方若为合并单元格, 把列名写进 fill",
            f"fill the cell in, give columns.{column} a default, or name its column in `fill`",
        )
    if column in _FUNCTIONS:
        near = get_close_matches(text, functions, n=1)
        return (
            f"{f'是否为 {near[0]}? ' if near else ''}职能编码见 functions.csv",
            f"{f'{near[0]}? ' if near else ''}the codes are in functions.csv",
        )
    if column == "entry":
        return (
            "使映射 columns.entry 的模板每行不同, 如加上 {序号}",
            "make the template of columns.entry differ from row to row",
        )
    if column == "condition" and len(text) <= CONDITION_LENGTH:
        return "合并两行, 或写明两个立案条件的差别", "merge the two rows or tell them apart"
    return (
        f"改写表中此格, 或在映射 columns.{column} 用 replace、values 改写",
        f"mend the cell, or rewrite it by replace or values in columns.{column}",
    )


def of_unknown(column: str, text: str, rule: Rule) -> Hint:
    """Return the way out of a text that no table of its rule knows."""
    near = rule.nearest(text)
    asked = f"是否为“{near}”? " if near else ""
    return (
        f"{asked}在映射 columns.{column} 的 values 中加“{text}”, 或写 default",
        f"add “{text}” to values in columns.{column}, or a default",
    )


def of_name(name: str, units: Units) -> Hint:
    """Return the way out of a handling unit nobody knows."""
    near = units.nearest(name)
    if near:
        where = units.names[near]
        return (
            f"是否为“{near}”? 若是, 在映射 units.names.{where} 中加“{name}”",
            f"the same as “{near}”? then add it to units.names.{where}",
        )
    return (
        f"在映射 units.names 的某个职能下加“{name}” (产权单位归 {OWNER}, 街办归 {STREET})",
        f"add it to a function in units.names (owners: {OWNER}, streets: {STREET})",
    )

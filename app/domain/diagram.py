"""The lifecycle drawn from its own table, for docs/lifecycle.md."""

from app.domain.lifecycle import STANDINGS, TRANSITIONS, UNTOUCHED
from app.domain.unit import State
from app.domain.words import ACTION, CLOCK, STATE

_EVERYWHERE = "note", "attach", "cancel"


def document() -> str:
    """Return docs/lifecycle.md: a diagram, the moves and what each state means."""
    return "\n".join(
        [
            "# The lifecycle of a unit",
            "",
            "`yiguan lifecycle` writes this page from `app/domain/lifecycle.py`.",
            "A note (备注) or an attachment (附件) may be added in every state; any open unit",
            "may be cancelled (作废).",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *_states(),
            *_arrows(),
            "```",
            "",
            "| from | action | to | reason needed |",
            "| --- | --- | --- | --- |",
            *_moves(),
            "",
            "| state | whose turn | limits that run |",
            "| --- | --- | --- |",
            *_standings(),
            "",
            "The service itself takes these steps: receive (收件) and file (立案) at intake,",
            "coordinate (统筹) for a planned event, resolve (办结) of an event by its last task,",
            "close (结案) with verify by default policy, notify (通知) of an emergency to every",
            "centre above, and warn, overdue, raise (临期提醒, 超期, 提级督促) when marks of a",
            "limit are passed. pass_down (交办) is a dispatch that a centre below is to carry on.",
            f"rejudge (重新研判) takes a unit nobody has touched ({', '.join(UNTOUCHED)})",
            "to whatever the version in force makes of its event. move (区划调整) takes a unit",
            "along when its area or its holder is reorganised; its limits run on.",
            "",
        ]
    )


def _states() -> list[str]:
    return [f"    {state}: {STATE[state][0]} {STATE[state][1]}" for state in State]


def _arrows() -> list[str]:
    first = ["    [*] --> triage: 收件 receive", "    [*] --> filed: 立案 file"]
    drawn = [
        f"    {state} --> {move.to}: {ACTION[action][0]} {action}"
        for (state, action), move in TRANSITIONS.items()
        if action not in _EVERYWHERE
    ]
    return [*first, *drawn, *(f"    {state} --> [*]" for state in State if state.is_final)]


def _moves() -> list[str]:
    return [
        f"| {state} | {action} {ACTION[action][0]} | {move.to} | {_mark(move.needs_reason)} |"
        for (state, action), move in TRANSITIONS.items()
        if action not in _EVERYWHERE
    ]


def _mark(holds: bool) -> str:  # noqa: FBT001  (a cell of a table)
    return "yes" if holds else ""


def _standings() -> list[str]:
    return [
        f"| {state} {STATE[state][0]} | {standing.seat} | "
        f"{', '.join(f'{name} {CLOCK[name][0]}' for name in standing.clocks)} |"
        for state, standing in STANDINGS.items()
    ]

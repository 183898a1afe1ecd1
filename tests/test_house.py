"""The house rules that no linter knows."""

import ast
import inspect
from pathlib import Path
from statistics import median

import pytest

from app.api.problems import PROBLEMS
from app.domain import errors
from app.domain.errors import DomainError
from app.domain.lifecycle import TRANSITIONS, Action
from app.domain.unit import State

ROOT = Path(__file__).parents[1]
VENDORED = ROOT / "app" / "web" / "static"
LIFECYCLE = ROOT / "docs" / "lifecycle.md"
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
LONGEST, TYPICAL = 400, 150


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if VENDORED not in path.parents)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


EVERYTHING = sources("app", "tests", "benchmarks", "client", "examples")
APP = sources("app")


def test_no_file_is_longer_than_can_be_overlooked():
    assert {name_of(path): lines(path) for path in EVERYTHING if lines(path) > LONGEST} == {}


def test_most_files_are_short():
    assert median(lines(path) for path in APP) < TYPICAL


def test_no_file_has_a_name_that_says_nothing():
    assert [name_of(path) for path in EVERYTHING if path.stem in SAYS_NOTHING] == []


def inner_imports(path: Path) -> list[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    inside = [node for function in functions for node in ast.walk(function)]
    return sorted({node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)})


def test_no_function_imports():
    assert {name_of(path): found for path in APP if (found := inner_imports(path))} == {}


def refusals() -> list[type[DomainError]]:
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass)]
    return [one for one in found if issubclass(one, DomainError) and one is not DomainError]


@pytest.mark.parametrize("refusal", refusals(), ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_a_status(refusal: type[DomainError]):
    assert refusal in PROBLEMS


def test_no_refusal_is_defined_outside_the_domains_errors():
    known = {refusal.__name__ for refusal in refusals()}
    all_of_them = {cls.__name__ for cls in _below(DomainError)}
    assert all_of_them == known


def _below(kind: type) -> set[type]:
    return {one for child in kind.__subclasses__() for one in {child, *_below(child)}}


def documented() -> str:
    if not LIFECYCLE.is_file():
        pytest.skip("docs/lifecycle.md is not written yet")
    return LIFECYCLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("action", Action)
def test_every_action_stands_in_the_lifecycles_page(action: Action):
    assert action.value in documented()


@pytest.mark.parametrize("state", State)
def test_every_state_stands_in_the_lifecycles_page(state: State):
    assert state.value in documented()


MOVES = [(state, action, move.to) for (state, action), move in TRANSITIONS.items()]


@pytest.mark.parametrize(("state", "action", "to"), MOVES)
def test_every_move_is_documented_on_one_line(state: State, action: Action, to: State):
    told = [line for line in documented().splitlines() if action.value in line]
    assert any(to.value in line for line in told) or action in {Action.NOTE, Action.ATTACH}

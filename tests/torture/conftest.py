"""A cluster of its own for every module: what is done to it must not reach other tests."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.conftest import open_folder
from tests.torture.town import Service, Tell, Town

_COUNTED = "counted"


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_folder() as home:
        built = Town(home)
        try:
            yield built
        finally:
            built.end()


@pytest.fixture(scope="module")
async def service(town: Town) -> AsyncIterator[Service]:
    started = await town.serve()
    yield started
    started.kill()


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Tell:
    """Take down what a test counted, for the end of the run."""
    return lambda text: record_property(_COUNTED, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [
        f"{report.nodeid.rpartition('::')[2]}: {text}"
        for report in reports
        for name, text in report.user_properties
        if name == _COUNTED and report.when == "call"
    ]
    if lines:
        terminalreporter.section("what torture counted")
        terminalreporter.write_line("\n".join(lines))

"""A cluster of its own for every module: what is done to it must not reach other tests."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.conftest import COUNTED, open_folder
from tests.torture.town import Service, Tell, Town


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
    return lambda text: record_property(COUNTED, text)

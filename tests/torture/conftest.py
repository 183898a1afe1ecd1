"""A cluster of its own for every module: what is done to it must not reach other tests."""

from collections.abc import Iterator

import pytest

from tests.conftest import open_folder
from tests.torture.town import Town


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_folder() as home:
        built = Town(home)
        try:
            yield built
        finally:
            built.end()

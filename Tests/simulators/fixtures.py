"""What the checks of the simulators share."""

import pytest
from simulators import Simulators


@pytest.fixture(scope="session")
def process():
    with Simulators() as simulators:
        yield simulators


@pytest.fixture
def sim(process):
    """The simulators with nothing configured; a handler that crashed fails the test that made it crash."""
    process.reset()
    yield process
    assert process.stats()["crashes"] == []

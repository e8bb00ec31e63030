"""What the interop checks share: where things are, and the signature vectors that the Swift tests use too."""
import pathlib
import sys
from dataclasses import dataclass

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "simulators"))
WEBHOOKS = ROOT / "webhooks"

FIRST = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECOND = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@dataclass(frozen=True)
class Vector:
    name: str
    secret: str
    id: str
    timestamp: int
    body: str
    signature: str

    @property
    def headers(self):
        return {
            "webhook-id": self.id,
            "webhook-timestamp": str(self.timestamp),
            "webhook-signature": self.signature,
        }


ROTATION = (
    "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1674087231,
    '{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z",'
    '"data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}',
    "v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ= v1,Inw/unYkpAh6Njpdz4O+hnN82xYMXQ6NjnZIQN/mzIQ=",
)

VECTORS = [
    Vector("reference", FIRST, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}',
           "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    Vector("rust", SECOND, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
           '{"email":"test@example.com","username":"test_user"}',
           "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
    Vector("unicode", FIRST, "msg_utf8", 1700000000, '{"name":"Zoë – 図"}',
           "v1,Vj4o10ZUCI0yaJZC2AuGafE2GPuHyGnFcDiLFefDVzM="),
    Vector("rotation, first key", FIRST, *ROTATION),
    Vector("rotation, second key", SECOND, *ROTATION),
    Vector("an unknown version first", FIRST, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
           '{"test": 2432232314}', "v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
]
EMPTY = Vector("empty body", FIRST, "msg_empty", 1700000000, "",
               "v1,LrOGikvEp3ovC4ipwU5sfXzzFy9SMN1tDL3jPPGtLmc=")


@pytest.fixture(scope="session")
def simulators_process():
    from simulators import Simulators
    with Simulators() as simulators:
        yield simulators


@pytest.fixture
def upstream(simulators_process):
    """The simulated providers with nothing configured; a simulator that crashed fails the test."""
    simulators_process.reset()
    yield simulators_process
    assert simulators_process.stats()["crashes"] == []

"""Receivers that do everything wrong: each attempt ends as its log says, and nobody else notices."""
import json
import os
import pathlib
import types

import pytest
from hostile import BEHAVIOURS, Listener, answering, deaf, self_signed, silent, status
from running import Receiver, Service, outcome, wait_until

# An attempt has 15 seconds. Whoever drips or waits would go on for minutes, so that a machine which has no time for us
# tells nothing.
ENDLESS = 120_000
BACKLOG, HEALTHY = 200, 40
# Fewer than there are hostile receivers, each of which would leave something behind.
SPARE = 32
TLS = {
    "https to a port without TLS": {"tls_failed"},
    "https to a certificate that nobody signed": {"tls_failed"},
    "https to a handshake that never ends": {"timeout"},
    "http to a port with TLS": {"connection_lost", "protocol_error"},
    "http to a port where nobody listens": {"connect_failed"},
}
EXPECTED = {**{name: expected for name, (_, expected) in BEHAVIOURS.items()}, **TLS}


class Process:
    """What a service holds, as the system counts it."""

    def __init__(self, pid):
        self.root = pathlib.Path(f"/proc/{pid}")

    @property
    def descriptors(self):
        return len(os.listdir(self.root / "fd"))

    @property
    def threads(self):
        return len(os.listdir(self.root / "task"))

    @property
    def memory(self):
        """Private memory in MB."""
        lines = (self.root / "status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("RssAnon:"))) / 1024


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """Each of them has got an event, while a healthy endpoint beside them got many."""
    folder = tmp_path_factory.mktemp("hostile")
    tls = self_signed(folder)
    listeners = {name: Listener(behaviour, buffer=1024 if behaviour is deaf else None)
                 for name, (behaviour, _) in BEHAVIOURS.items()}
    listeners["https to a port without TLS"] = Listener(
        lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n") or peer.wait())
    listeners["https to a certificate that nobody signed"] = Listener(status(b"200 OK"), tls=tls)
    listeners["https to a handshake that never ends"] = Listener(silent)
    listeners["http to a port with TLS"] = Listener(answering(), tls=tls)
    listeners["http to a port where nobody listens"] = Listener(silent)
    listeners["http to a port where nobody listens"].close()
    black_hole = Listener(silent)
    with Receiver() as healthy, Service(folder) as service:
        process = Process(service.process.pid)
        good = service.endpoint(healthy.url)["id"]
        service.test(good)
        healthy.wait(1)
        base = types.SimpleNamespace(
            descriptors=process.descriptors, threads=process.threads, memory=process.memory)
        hole = service.endpoint(f"http://127.0.0.1:{black_hole.port}/")["id"]
        endpoints = {
            name: service.endpoint(f"{'https' if name.startswith('https') else 'http'}://127.0.0.1:{one.port}/")["id"]
            for name, one in listeners.items()}
        for _ in range(BACKLOG):
            service.test(hole)
        for endpoint in endpoints.values():
            service.test(endpoint)
        for _ in range(HEALTHY):
            service.test(good)
        received = len(healthy.wait(1 + HEALTHY)) - 1
        waiting = len(service.pages(f"/v1/webhook-endpoints/{hole}/deliveries?status=pending"))
        attempts, deliveries = {}, {}
        for name, endpoint in endpoints.items():
            # On a slow machine there are more by now.
            attempts[name] = min(service.first_attempts(endpoint), key=lambda attempt: attempt["number"])
            deliveries[name] = service.pages(f"/v1/webhook-endpoints/{endpoint}/deliveries")[-1]
        peak = process.memory
        for endpoint in [hole, *endpoints.values()]:
            service.call("DELETE", f"/v1/webhook-endpoints/{endpoint}")
        for listener in [black_hole, *listeners.values()]:
            listener.close()
        yield types.SimpleNamespace(**locals())
    log = (folder / "log").read_text()
    assert "Fatal" not in log and "fatal" not in log


@pytest.mark.parametrize("name", EXPECTED)
def test_an_attempt_ends_as_its_log_says(campaign, name):
    attempt, delivery = campaign.attempts[name], campaign.deliveries[name]

    assert outcome(attempt) in EXPECTED[name], attempt
    assert attempt["durationMs"] < ENDLESS
    is_success = 200 <= (attempt.get("status") or 0) < 300
    assert delivery["status"] == ("delivered" if is_success else "pending"), delivery
    assert len(json.dumps(attempt)) < 16 << 10
    if attempt.get("error"):
        assert attempt["error"]["message"]


def test_a_healthy_endpoint_beside_them_gets_everything_meanwhile(campaign):
    assert campaign.received == HEALTHY
    # The hole holds each of its attempts for the whole deadline: a backlog that is still there had no time to drain.
    assert campaign.waiting > 0


def test_redirects_go_nowhere(campaign):
    for name in ["answers 301 to itself", "answers 302 to itself"]:
        # The attempt, and at most the tries after it.
        assert campaign.listeners[name].connections <= campaign.deliveries[name]["attempts"] + 1


def test_descriptors_threads_and_memory_come_back(campaign):
    """A new connection closes those that are kept and have died: the service gets some to make."""
    def is_back():
        with Receiver() as fresh:
            endpoint = campaign.service.endpoint(fresh.url)["id"]
            campaign.service.test(endpoint)
            fresh.wait(1)
            campaign.service.call("DELETE", f"/v1/webhook-endpoints/{endpoint}")
        # Beside what there was: connections that are kept for the next event, and threads that idle.
        return campaign.process.descriptors <= campaign.base.descriptors + SPARE \
            and campaign.process.threads <= campaign.base.threads + SPARE

    wait_until(is_back, "descriptors and threads of before")
    # What 64 MB of zeros, megabytes of fields and bodies without end leave behind.
    assert max(campaign.peak, campaign.process.memory) < campaign.base.memory + 48

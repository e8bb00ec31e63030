"""With few open files allowed, receivers that hang leave enough of them for everything else."""
import os
import shlex
import socket
import urllib.request

import pytest
from running import BINARY, Receiver, Service, outcome

JOB = {"prompt": "a picture", "resolution": "64x64"}
EVENTS = 10  # More than an endpoint gets at a time.


def limited(folder, limit):
    """A program that starts the service with so many open files."""
    program = folder / "limited"
    program.write_text(f'#!/bin/sh\nulimit -n {limit}\nexec {shlex.quote(str(BINARY))} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("limit", [512, 1024])
def test_receivers_that_hang_leave_descriptors_for_others(tmp_path, limit):
    # Connections are made by the system, and nobody ever takes them.
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as hole, Receiver() as healthy, \
            Service(tmp_path, binary=limited(tmp_path, limit)) as service:
        folder = f"/proc/{service.process.pid}/fd"
        # Eight connections to each would be twice as many as there may be files.
        hung = [
            service.endpoint(f"http://127.0.0.1:{hole.getsockname()[1]}/{number}", events=["thumbnail.queued"])["id"]
            for number in range(limit // 4)]
        for _ in range(EVENTS):
            service.call("POST", "/v1/jobs", JOB)
        # Once the first one is given up, as many hang as ever will.
        service.first_attempts(hung[0])

        good = service.endpoint(healthy.url, events=["thumbnail.completed"])["id"]
        job = service.call("POST", "/v1/jobs", JOB)["id"]
        peak = 0
        while service.call("GET", f"/v1/jobs/{job}?wait=1")["status"] != "completed":
            peak = max(peak, len(os.listdir(folder)))
        healthy.wait(1)
        with urllib.request.urlopen(service.url + "/healthz") as answer:
            assert answer.status == 200

        assert service.first_attempts(good)[0]["status"] == 204
        assert peak < limit
        assert {outcome(attempt) for endpoint in hung for attempt in service.attempts(endpoint)} == {"timeout"}

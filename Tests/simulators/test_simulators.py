"""Faults, gates, counts and control orders, checked on the services that they serve."""

import http.client
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time

import pytest
from fixtures import process, sim  # noqa: F401
from simulators import RUN

KEY = {"Authorization": "Bearer sk-test"}
JOB = {"jobType": "thumbnail", "sourceUri": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"}


def create(sim, timeout=30):
    return sim.send("POST", "/opus/api/generative-jobs", JOB, KEY, timeout)


def raw(sim, data):
    """Sends bytes and reads until the connection ends."""
    host, port = sim.url.removeprefix("http://").split(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(4096):
            received += piece
    return received


def start(action):
    """Runs it beside the test; `join` gives what it returned or raised."""
    result = []

    def run():
        try:
            result.append(action())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return lambda: (thread.join(30), result[0])[1]


@pytest.mark.parametrize("kind, creates, error", [
    ("refuse_before", 0, http.client.RemoteDisconnected),
    ("reset_before", 0, ConnectionResetError),
    ("lost_answer", 1, http.client.RemoteDisconnected),
    ("reset_after", 1, ConnectionResetError),
    ("cut_body", 1, http.client.IncompleteRead),
])
def test_a_lost_answer_was_bought_or_not_as_its_kind_says(sim, kind, creates, error):
    sim.script("opus", "create", kind)

    with pytest.raises(error) as raised:
        create(sim)
    counts = sim.counts("opus", "create")

    # Exactly that one: a closed connection is a kind of a reset one to Python.
    assert raised.type is error
    assert (counts["calls"], counts["creates"], counts["answered"]) == (1, creates, 0)
    assert counts["creates_lost"] == {"scripted": creates, "client_gone": 0}
    assert counts["answers_lost"]["scripted"] == 1
    assert counts["credits"] == 7 * creates
    assert create(sim).status == 201


def test_a_head_is_cut_before_its_end(sim):
    sim.script("opus", "create", "cut_head")
    body = json.dumps(JOB).encode()
    head = f"POST /opus/api/generative-jobs HTTP/1.1\r\nAuthorization: Bearer k\r\nContent-Length: {len(body)}\r\n\r\n"

    received = raw(sim, head.encode() + body)

    assert received.startswith(b"HTTP/1.1 201") and b"\r\n\r\n" not in received
    assert sim.counts("opus", "create")["creates_lost"]["scripted"] == 1


@pytest.mark.parametrize("kind, body", [
    ("garbage", b"<html><body><h1>502 Bad Gateway</h1></body></html>"), ("empty_body", b""), ("wrong_json", b"[null]")])
def test_a_useless_answer_was_bought(sim, kind, body):
    sim.script("opus", "create", kind)

    reply = create(sim)

    assert (reply.status, reply.body) == (201, body)
    assert sim.counts("opus", "create")["creates_lost"]["scripted"] == 1


@pytest.mark.parametrize("kind", ["hang", "hang_after"])
def test_a_call_hangs_until_the_client_leaves(sim, kind):
    sim.script("opus", "create", kind)

    with pytest.raises(TimeoutError):
        create(sim, timeout=0.2)

    assert sim.wait("opus", "create", **({"creates": 1} if kind == "hang_after" else {"calls": 1}))
    assert sim.counts("opus", "create")["creates"] == (1 if kind == "hang_after" else 0)


def test_a_scripted_status_buys_nothing_and_status_after_does(sim):
    sim.script("opus", "create", {"kind": "status", "status": 503},
               {"kind": "status", "status": 429, "retry_after": 7}, {"kind": "status_after", "status": 500},
               {"kind": "status", "status": 403, "body": {"code": "X"}, "headers": {"X-Cap-Reason": "concurrent"}})

    replies = [create(sim) for _ in range(4)]
    counts = sim.counts("opus", "create")

    assert [reply.status for reply in replies] == [503, 429, 500, 403]
    assert replies[1].headers["Retry-After"] == "7"
    assert (replies[3].json(), replies[3].headers["X-Cap-Reason"]) == ({"code": "X"}, "concurrent")
    assert (counts["creates"], counts["creates_lost"]["scripted"]) == (1, 1)
    assert counts["rate_limited"] == {"earned": 0, "cap": 0, "scripted": 1}


def test_slow_and_huge_answers_are_whole(sim):
    sim.script("opus", "create", {"kind": "slow_body", "seconds": 0.2}, {"kind": "huge_body", "bytes": 100_000},
               {"kind": "delay", "seconds": 0.1}, {"kind": "late_answer", "seconds": 0.1})

    replies = [create(sim) for _ in range(4)]

    assert all(reply.json()["jobId"] for reply in replies)
    assert len(replies[1].body) > 100_000


def test_a_client_that_leaves_during_a_late_answer_is_counted(sim):
    sim.script("opus", "create", {"kind": "late_answer", "seconds": 3600})

    with pytest.raises(TimeoutError):
        create(sim, timeout=0.2)
    deadline = time.monotonic() + 60
    while not sim.counts("opus", "create")["creates_lost"]["client_gone"] and time.monotonic() < deadline:
        # Again and again: its hour may begin after the client has left.
        sim.advance(3600)
        time.sleep(0.01)

    assert sim.counts("opus", "create")["creates_lost"] == {"scripted": 0, "client_gone": 1}


def test_chance_repeats_itself_with_the_same_seed(sim):
    def draw():
        sim.reset()
        sim.configure(opus={"rate_per_minute": 1_000, "monthly_cap": 100_000})
        sim.chance("opus", "create", 0.3, 7, [{"kind": "status", "status": 503}])
        return [create(sim).status for _ in range(60)]

    first, second = draw(), draw()

    assert first == second
    assert 5 < first.count(503) < 35


def test_a_null_in_a_script_lets_a_call_pass(sim):
    sim.script("opus", "*", None, {"kind": "status", "status": 500})

    assert [create(sim).status for _ in range(3)] == [201, 500, 201]


def test_a_gate_holds_calls_before_and_after_they_buy(sim):
    for phase, creates in (("before", 0), ("after", 1)):
        sim.reset()
        sim.hold("opus", "create", phase)
        join = start(lambda: create(sim))
        assert sim.wait("opus", "create", calls=1)
        assert creates == 0 or sim.wait("opus", "create", creates=1)

        counts = sim.counts("opus", "create")
        sim.release("opus", "create")

        assert (counts["creates"], counts["answered"]) == (creates, 0)
        assert join().status == 201


def test_a_gate_lets_a_number_of_calls_through(sim):
    sim.hold("opus", "create")
    joins = [start(lambda: create(sim)) for _ in range(3)]
    assert sim.wait("opus", "create", calls=3)

    sim.release("opus", "create", calls=2)
    assert sim.wait("opus", "create", answered=2)
    assert sim.stats()["gates"] == [{"service": "opus", "operation": "create", "phase": "before", "waiting": 1}]
    sim.release("opus", "create")

    assert [join().status for join in joins] == [201] * 3


def test_a_reset_cuts_off_who_waits(sim):
    sim.hold("opus", "create")
    join = start(lambda: create(sim))
    assert sim.wait("opus", "create", calls=1)

    sim.reset()

    assert isinstance(join(), http.client.RemoteDisconnected)
    assert create(sim).status == 201


def test_waiting_for_what_does_not_come_ends(sim):
    assert not sim.wait("opus", "create", timeout=0.05, calls=1)


def test_stats_keep_requests_with_headers_and_bodies(sim):
    create(sim)

    request = sim.stats()["requests"][-1]

    assert (request["service"], request["operation"], request["body"]) == ("opus", "create", JOB)
    assert request["headers"]["authorization"] == "Bearer sk-test"


def test_wrong_orders_are_refused_with_a_reason(sim):
    for order, body, reason in [
        ("script", {"service": "opus", "operation": "create", "faults": ["melt"]}, "`kind` must be one of"),
        ("script", {"service": "opus", "operation": "create", "faults": [{"kind": "delay"}]}, "needs `seconds`"),
        ("script", {"service": "opus", "operation": "poll", "faults": ["job_fails"]}, "job_fails fits"),
        ("script", {"service": "opus", "operation": "bake", "faults": ["hang"]}, "has no operation"),
        ("configure", {"opus": {"imges": 4}}, "no setting `imges`"),
        ("configure", {"opus": {"images": "4"}}, "must be like 4"),
        ("configure", {"opsu": {}}, "must be one of"),
        ("advance", {"seconds": -1}, "at least 0"),
    ]:
        with pytest.raises(ValueError, match=reason):
            sim.order(order, body)


def test_settings_are_all_or_nothing(sim):
    with pytest.raises(ValueError):
        sim.configure(opus={"images": 1}, soke={"nothing": 1})

    assert sim.send("GET", "/__control/settings").json()["opus"]["images"] == 4


def test_one_connection_carries_many_calls_and_chunked_bodies(sim):
    host, port = sim.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    for _ in range(3):
        connection.request("POST", "/opus/api/generative-jobs", iter([json.dumps(JOB).encode()]), KEY,
                           encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (201, True)
    connection.close()


def test_broken_requests_do_not_crash_it(sim):
    raw(sim, b"\0\0\r\n\r\n")
    raw(sim, b"POST /opus/api/generative-jobs HTTP/1.1\r\nContent-Length: x\r\n\r\n")
    raw(sim, b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nshort")

    assert sim.send("GET", "/nowhere").status == 404


def test_it_ends_with_its_standard_input():
    process = subprocess.Popen([sys.executable, RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["event"] == "listening"

    process.stdin.close()

    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_it_ends_when_its_parent_is_killed():
    parent = subprocess.run(
        [sys.executable, "-c", "import os, simulators as s; print(s.Simulators().process.pid, flush=True); os.abort()"],
        cwd=RUN.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
    stat = pathlib.Path(f"/proc/{int(parent.stdout)}/stat")

    def has_ended():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    deadline = time.monotonic() + 30
    while not has_ended() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert parent.returncode != 0 and has_ended()

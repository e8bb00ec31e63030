"""The receivers of webhooks/verify, each in its language: on the vectors, and on what a real service sends."""
import datetime
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
from conftest import EMPTY, FIRST, SECOND, VECTORS, WEBHOOKS
from standardwebhooks.webhooks import Webhook
from test_live import call, service  # noqa: F401 (a fixture)

VERIFY = WEBHOOKS / "verify"
OTHER = "whsec_" + "A" * 32


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    binary = tmp_path_factory.mktemp("verify") / "verify"
    subprocess.run(["swiftc", "-warnings-as-errors", VERIFY / "verify.swift", "-o", binary], check=True)
    return binary


@pytest.fixture(params=["python", "javascript", "swift", "shell"])
def command(request):
    """How one of the receivers is started."""
    if request.param == "swift":
        return [request.getfixturevalue("compiled")]
    return {
        "python": [sys.executable, VERIFY / "verify.py"],
        "javascript": ["node", VERIFY / "verify.js"],
        "shell": ["bash", VERIFY / "verify.sh"],
    }[request.param]


@pytest.fixture
def receive(command):
    """Starts the receiver with secrets, for a number of requests; answers its process and its URL."""
    running = []

    def receive(secrets, count):
        process = subprocess.Popen(
            [*command, "--port", "0", "--count", str(count)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "THUMBWIRE_SECRET": secrets})
        running.append(process)
        return process, process.stdout.readline().removeprefix("listening on ").strip()

    yield receive
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def check(command, tmp_path):
    """Has the receiver check a saved request."""

    def check(headers, body, secret, now):
        lines = "".join(f"{name.title()}: {value}\r\n" for name, value in headers.items())
        (tmp_path / "headers").write_text("HTTP-Version: 1.1\r\n" + lines)
        (tmp_path / "body").write_bytes(body)
        return subprocess.run(
            [*command, tmp_path / "headers", tmp_path / "body"], capture_output=True, text=True,
            env={**os.environ, "THUMBWIRE_SECRET": secret, "NOW": str(now)})

    return check


@pytest.mark.parametrize("vector", [*VECTORS, EMPTY], ids=lambda vector: vector.name)
def test_a_saved_request_is_genuine(check, vector):
    body = vector.body.encode()
    for secrets, now in [
        (vector.secret, vector.timestamp), (vector.secret, "skip"), (f"{OTHER} {vector.secret}", vector.timestamp),
        (vector.secret, vector.timestamp + 300), (vector.secret, vector.timestamp - 300),
    ]:
        result = check(vector.headers, body, secrets, now)
        assert (result.returncode, result.stdout) == (0, "genuine\n"), (secrets, now, result.stderr)


def test_what_was_changed_is_refused(check):
    vector = VECTORS[0]
    body = vector.body.encode()

    def without(name):
        return {key: value for key, value in vector.headers.items() if key != name}

    cases = [
        (vector.headers, body + b" ", vector.secret, vector.timestamp, "no v1 signature matches"),
        (vector.headers, b"", vector.secret, vector.timestamp, "no v1 signature matches"),
        (vector.headers, body, SECOND, vector.timestamp, "no v1 signature matches"),
        (vector.headers, body, vector.secret, vector.timestamp + 301, "five minutes"),
        (vector.headers, body, vector.secret, vector.timestamp - 301, "five minutes"),
        (vector.headers, body, vector.secret, "", "five minutes"),
        ({**vector.headers, "webhook-id": "x"}, body, vector.secret, "skip", "no v1 signature matches"),
        ({**vector.headers, "webhook-timestamp": "16142653x0"}, body, vector.secret, "skip", "whole number"),
        ({**vector.headers, "webhook-timestamp": "9" * 30}, body, vector.secret, "skip", "whole number"),
        ({**vector.headers, "webhook-timestamp": "-1614265330"}, body, vector.secret, "skip", "whole number"),
        ({**vector.headers, "webhook-signature": "v1"}, body, vector.secret, "skip", "no v1 signature matches"),
        ({**vector.headers, "webhook-signature": vector.signature[:-1]}, body, vector.secret, "skip", "no v1"),
        ({**vector.headers, "webhook-signature": vector.signature.replace("v1,", "v1a,")}, body, vector.secret,
         "skip", "no v1 signature matches"),
        *((without(name), body, vector.secret, "skip", "header is missing") for name in vector.headers),
    ]
    for headers, changed, secrets, now, reason in cases:
        result = check(headers, changed, secrets, now)
        assert (result.returncode, result.stdout) == (1, ""), (headers, changed, now)
        assert result.stderr.startswith("refused: ") and reason in result.stderr, result.stderr


@pytest.mark.parametrize("words", [["one"], ["a", "b", "c"], ["--port"], ["--port", "x"], ["--count", "-1"]])
def test_a_wrong_command_line_is_2(command, words):
    result = subprocess.run([*command, *words], capture_output=True, env={**os.environ, "THUMBWIRE_SECRET": FIRST})
    assert result.returncode == 2


def test_without_a_secret_nothing_is_believed(command):
    environment = {**os.environ, "THUMBWIRE_SECRET": ""}
    assert subprocess.run([*command, "--port", "0"], capture_output=True, env=environment).returncode == 2


def post(url, body, signed_body):
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/a/path", body, {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(FIRST).sign("msg_1", now, signed_body.decode())})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_receiver_prints_what_is_genuine_and_ends_well(receive):
    process, url = receive(f"{OTHER} {FIRST}", 2)
    for title in ["Zoë – 図", "x" * 18_000]:
        body = json.dumps({"type": "webhook.test", "title": title}, ensure_ascii=False).encode()
        assert post(url, body, body) == 204
        assert json.loads(process.stdout.readline()) == json.loads(body)
    assert process.wait(30) == 0


def test_a_receiver_refuses_what_is_forged_and_says_so(receive):
    process, url = receive(FIRST, 1)
    assert post(url, b'{"type":"forged"}', b"{}") == 401
    assert process.stdout.readline() == "refused: no v1 signature matches\n"
    assert process.wait(30) == 1


def test_a_receiver_refuses_what_is_too_large(receive):
    process, url = receive(FIRST, 2)
    large = b"x" * (2 << 20)
    try:
        assert post(url, large, b"") >= 400
    except ConnectionError:
        pass  # It may hang up on us as well.
    assert process.stdout.readline().startswith("refused: ")
    assert post(url, b"{}", b"{}") == 204
    assert process.stdout.readline() == "{}\n"
    assert process.wait(30) == 1


@pytest.fixture
def tamper():
    """A proxy on the way to a receiver that adds a byte to the first request; answers the URL to send to."""
    servers = []

    def tamper(target):
        class Proxy(http.server.BaseHTTPRequestHandler):
            statuses = []

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if not self.statuses:
                    body += b" "
                headers = {name: value for name, value in self.headers.items() if name.startswith("webhook-")}
                connection = http.client.HTTPConnection(target.removeprefix("http://"), timeout=30)
                connection.request("POST", self.path, body, headers)
                self.statuses.append(connection.getresponse().status)
                connection.close()
                self.send_response(self.statuses[-1])
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}", Proxy.statuses

    yield tamper
    for server in servers:
        server.shutdown()
        server.server_close()


def test_what_a_service_sends_is_genuine_until_it_is_changed(service, receive, tamper):  # noqa: F811
    secret = call("GET", f"{service}/v1/webhook-secret")["secret"]
    process, url = receive(f"{OTHER} {secret}", 3)
    proxy, statuses = tamper(url)

    def submit(callback):
        job = call("POST", f"{service}/v1/jobs", {"title": "Zoë", "resolution": "64x64", "callbackUrl": callback})
        return job["id"]

    straight = submit(f"{url}/hooks?a=b%2Fc")
    assert json.loads(process.stdout.readline())["data"]["id"] == straight
    changed = submit(f"{proxy}/hooks")
    assert process.stdout.readline() == "refused: no v1 signature matches\n"
    # The service tries again, and this time nobody touches it.
    assert json.loads(process.stdout.readline())["data"]["id"] == changed
    assert process.wait(30) == 1
    assert statuses[:2] == [401, 204]

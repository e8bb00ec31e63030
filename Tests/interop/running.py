"""A running service and a receiver of its webhooks, as tests in Python use them; standard library only."""
import http.server
import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import weakref

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("THUMBWIRE_BINARY", ROOT / ".build" / "debug" / "thumbwire")
KEY = "key-of-the-tests-0123456789"
PATIENCE = 120  # Seconds for anything that is waited for.
ENDED = ("completed", "failed", "cancelled")

_spec = importlib.util.spec_from_file_location("verify", ROOT / "webhooks" / "verify" / "verify.py")
verifier = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verifier)


def plugins(providers, chains, faces=None):
    """A plugins file: `providers` are plugin -> settings, `chains` name -> providers."""
    steps = [{"use": "smart-crop", "with": {"on": "any", "zoom": 1}}, {"use": "encode"}]
    return {
        "version": 1, "faces": faces or {},
        "providers": {plugin: {"plugin": plugin, "config": config} for plugin, config in providers.items()},
        "chains": {name: {"providers": listed, "steps": steps} for name, listed in chains.items()}}


def wait_until(condition, what, patience=PATIENCE):
    """What the condition gives, once that is true."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)
    return found


def outcome(attempt):
    """The status that an attempt was answered with, or the class of its error."""
    return attempt["error"]["code"] if attempt.get("error") else attempt["status"]


class Service:
    """`thumbwire serve` on a free port with the plugins file that is given, or the built-in one; `with` stops it.

    It reaches webhooks on the private addresses that `webhooks` allows, and YouTube only where `youtube` says."""

    def __init__(self, folder, document=None, youtube="http://127.0.0.1:1", binary=BINARY, webhooks="127.0.0.1",
                 data=None, environment=None):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.data = pathlib.Path(data or folder / "data")
        self.log = open(folder / "log", "ab")
        command = [pathlib.Path(binary).resolve(), "serve", "--listen", "127.0.0.1:0", "--data", self.data,
                   "--allow-private-sources", "127.0.0.1", "--log-format", "json"]
        if document:
            (folder / "plugins.json").write_text(json.dumps(document))
            command += ["--plugins", folder / "plugins.json"]
        if webhooks:
            command += ["--allow-private-webhooks", webhooks]
        begin = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, cwd=folder,
            env={**os.environ, "THUMBWIRE_ADMIN_KEY": KEY, "THUMBWIRE_YOUTUBE_BASE": youtube,
                 "THUMBWIRE_MIN_FREE": "0",
                 **(environment or {})})
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError((folder / "log").read_text())
        self.url = json.loads(line)["url"]
        self.start_seconds = time.monotonic() - begin
        # A test that fails before it stops its service leaves none behind.
        weakref.finalize(self, self.process.kill)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.stop()
        assert code == 0, f"the service ended with {code}"

    def kill(self):
        """Ends it as a power cut does, as far as the process goes."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        """The exit code, after everything that was begun is done."""
        self.process.terminate()
        code = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        self.log.close()
        return code

    def send(self, method, path, body=None, headers=None):
        """Status and JSON of an answer, `None` without a body; `body` is a document, or bytes."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def call(self, method, path, body=None, headers=None):
        """The JSON of an answer that must be a success."""
        status, document = self.send(method, path, body, headers)
        assert status < 300, f"{method} {path}: {status} {document}"
        return document

    def jobs(self):
        """All jobs, newest first."""
        jobs, cursor = [], ""
        while True:
            page = self.call("GET", f"/v1/jobs?limit=100{cursor}")
            jobs += page["data"]
            if page["next"] is None:
                return jobs
            cursor = f"&cursor={page['next']}"

    def pages(self, path):
        """All items of a list that has a cursor."""
        items, cursor, more = [], "", "&" if "?" in path else "?"
        while True:
            page = self.call("GET", f"{path}{more}limit=100{cursor}")
            items += page["data"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"

    def endpoint(self, url, **more):
        """A new endpoint, with its secret."""
        return self.call("POST", "/v1/webhook-endpoints", {"url": url, **more})

    def test(self, endpoint):
        """Sends it a test event; the event's id."""
        return self.call("POST", f"/v1/webhook-endpoints/{endpoint}/test", {})["eventId"]

    def attempts(self, endpoint):
        """Every attempt to an endpoint so far, those of the newest delivery first."""
        return [attempt for delivery in self.pages(f"/v1/webhook-endpoints/{endpoint}/deliveries")
                for attempt in self.call("GET", f"/v1/deliveries/{delivery['id']}/attempts")["data"]]

    def first_attempts(self, endpoint, count=1):
        """The attempts to an endpoint, once there are that many."""
        return wait_until(lambda: (found := self.attempts(endpoint)) and len(found) >= count and found,
                          f"{count} attempts to {endpoint}")

    def ended(self, job, patience=PATIENCE):
        """The job as it ended; fails where it does not."""
        end = time.monotonic() + patience
        while True:
            document = self.call("GET", f"/v1/jobs/{job}?wait=20")
            if document["status"] in ENDED:
                return document
            assert time.monotonic() < end, f"job {job} does not end: {json.dumps(document)}"


class Receiver:
    """Takes webhooks on a free port and keeps those that it accepted as (path, headers, body).

    `answer` gives the status for each; what is not 2xx is not kept."""

    def __init__(self, answer=lambda *webhook: 204, address="127.0.0.1", port=0):
        self.answer, self.condition, self.webhooks = answer, threading.Condition(), []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(self.path, headers, body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                """A killed service resets its connections."""

        self.server = Server((address, port), Handler)
        host = f"[{address}]" if ":" in address else address
        self.url = f"http://{host}:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def take(self, path, headers, body):
        webhook = (path, headers, body)
        with self.condition:
            status = self.answer(*webhook)
            if status < 300:
                self.webhooks.append(webhook)
                self.condition.notify_all()
        return status

    def wait(self, count, patience=PATIENCE):
        """The webhooks, once there are that many or the patience is at its end."""
        with self.condition:
            self.condition.wait_for(lambda: len(self.webhooks) >= count, timeout=patience)
            return list(self.webhooks)

    def wait_for(self, path, job):
        """Headers and body of the first webhook to that path about that job."""
        def found():
            return next(((headers, body) for where, headers, body in self.webhooks
                         if where == path and json.loads(body)["data"]["id"] == job), None)

        with self.condition:
            self.condition.wait_for(found, timeout=PATIENCE)
            webhook = found()
        assert webhook, f"no webhook to {path} about {job}"
        return webhook

"""A running service and a receiver of its webhooks, as tests in Python use them; standard library only."""
import http.server
import importlib.util
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.request

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


class Service:
    """`thumbwire serve` on a free port with the plugins file that is given; `with` stops it.

    It reaches webhooks on loopback, and YouTube only where `youtube` says."""

    def __init__(self, folder, document, youtube="http://127.0.0.1:1", binary=BINARY):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plugins.json").write_text(json.dumps(document))
        self.data = folder / "data"
        self.log = open(folder / "log", "ab")
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", self.data, "--plugins",
             folder / "plugins.json",
             "--allow-private-webhooks", "127.0.0.1", "--allow-private-sources", "127.0.0.1", "--log-format", "json"],
            stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, "THUMBWIRE_ADMIN_KEY": KEY, "THUMBWIRE_YOUTUBE_BASE": youtube})
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError((folder / "log").read_text())
        self.url = json.loads(line)["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.stop()
        assert code == 0, f"the service ended with {code}"

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

    def __init__(self, answer=lambda *webhook: 204):
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

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
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

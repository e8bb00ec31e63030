"""The simulators as tests in Python use them: a process, its control orders, and a plain client."""

import http.client
import json
import pathlib
import subprocess
import sys
import urllib.parse

RUN = pathlib.Path(__file__).resolve().parent / "run.py"


class Reply:
    """An answer, read whole."""

    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def json(self):
        return json.loads(self.body)


class Simulators:
    """Starts the process; `with` stops it. Calls raise what `http.client` raises when an answer is lost."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url = json.loads(self.process.stdout.readline())["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)

    def send(self, method, link, body=None, headers=None, timeout=30):
        """`body` is a document for JSON, or bytes; `link` is a path here or a whole URL."""
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(self.url, link))
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        try:
            connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def order(self, name, body):
        reply = self.send("POST", f"/__control/{name}", body)
        if reply.status != 200:
            raise ValueError(reply.body.decode())

    def reset(self):
        self.order("reset", {})

    def configure(self, **settings):
        self.order("configure", settings)

    def script(self, service, operation, *faults):
        self.order("script", {"service": service, "operation": operation, "faults": list(faults)})

    def chance(self, service, operation, rate, seed, kinds):
        self.order("script", {"service": service, "operation": operation, "rate": rate, "seed": seed, "kinds": kinds})

    def hold(self, service, operation, phase="before"):
        self.order("gate", {"service": service, "operation": operation, "hold": True, "phase": phase})

    def release(self, service, operation, calls=None):
        self.order("release", {"service": service, "operation": operation, "calls": calls})

    def advance(self, seconds):
        self.order("advance", {"seconds": seconds})

    def wait(self, service, operation, timeout=30, **counter):
        """`calls=N`, `creates=N` or `answered=N`."""
        query = urllib.parse.urlencode({"service": service, "operation": operation, "timeout": timeout, **counter})
        return self.send("GET", f"/__control/wait?{query}", timeout=timeout + 10).status == 200

    def stats(self):
        return self.send("GET", "/__control/stats").json()

    def counts(self, service, operation):
        return self.stats()["services"][service]["operations"][operation]

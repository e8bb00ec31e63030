"""Who takes part in a measurement: the service, a receiver, and who sends requests to the service."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
KEY = "bench"
PATIENCE = 300  # seconds for anything that is waited for


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE} s for {what}")
        time.sleep(0.05)


def compiled(work, name, *arguments, **options):
    """Runs one of the programs in C, and builds it the first time; what it printed."""
    options = {"stdout": subprocess.PIPE, "text": True, "check": True} | options
    return subprocess.run([build(work, name), *map(str, arguments)], **options).stdout.strip()


def build(work, name):
    program = work / name
    if not program.exists():
        libraries = ["-lcurl"] if name == "post_loop" else []
        subprocess.run(["clang", "-O2", HERE / f"{name}.c", "-o", program, *libraries], check=True)
    return program


class Receiver:
    def __init__(self, work):
        environment = dict(os.environ, THUMBWIRE_BENCH_SAVE=str(work / "request"))
        self.process = subprocess.Popen(
            [build(work, "receiver")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.process.kill()
        self.process.wait()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def count(self):
        return self.ask("count")

    def hanging(self):
        return self.ask("hanging")

    def forget(self):
        return self.ask("forget")

    def stats(self):
        return self.ask("stats")


class Service:
    def __init__(self, binary, data, work, plugins=HERE / "plugins.json"):
        self.work = work
        self.log = open(f"{data}.log", "wb")
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--plugins", plugins,
             "--allow-private-webhooks", "127.0.0.1", "--log-format", "json"],
            stdout=subprocess.PIPE, stderr=self.log, env=dict(os.environ, THUMBWIRE_ADMIN_KEY=KEY))
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the service did not start: {pathlib.Path(self.log.name).read_text()}")
        self.port = int(json.loads(line)["url"].rpartition(":")[2])

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise SystemExit("the service did not stop within 60 s")
        finally:
            self.log.close()
            os.unlink(self.log.name)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(
            method, path, None if body is None else json.dumps(body),
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {text.decode()}")
        return json.loads(text) if text else None

    def endpoints(self, urls, events, change=None, **options):
        """Creates endpoints, and calls an action on each; their ids."""
        made = [
            self.call("POST", "/v1/webhook-endpoints", {"url": url, "events": events} | options)["id"] for url in urls]
        if change:
            self.send([f"POST /v1/webhook-endpoints/{id}/{change}" for id in made])
        return made

    def send(self, lines, count=None, rate=0):
        """Sends requests in turn, at a pace where there is one; how many."""
        count = len(lines) if count is None else int(count)
        compiled(self.work, "pacer", self.port, KEY, rate, count, input="\n".join(lines) + "\n")
        return count

    def send_tests(self, ids, count, rate=0):
        return self.send([f"POST /v1/webhook-endpoints/{id}/test" for id in ids], count, rate)

    def send_jobs(self, count, rate):
        return self.send(['POST /v1/jobs {"prompt":"bench","resolution":"64x64"}'], count, rate)

    def memory(self):
        """Megabytes, private and all."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        sizes = dict(line.split(":", 1) for line in lines)
        return {name: int(sizes[name].split()[0]) / 1024 for name in ("RssAnon", "VmRSS")}

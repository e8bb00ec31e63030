"""Requests that make jobs, posted by wrk to the service and to servers that do less."""

import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

from parties import HERE as WEBHOOKS
from parties import KEY, Service

CONNECTIONS = 64
JOB = '{"prompt":"bench","resolution":"64x64"}'


class Posts:
    """wrk with the request of a job."""

    def __init__(self, work, seconds):
        self.seconds = seconds
        self.script = work / "post.lua"
        self.script.write_text(
            'wrk.method = "POST"\nwrk.path = "/v1/jobs"\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
            f'wrk.headers["Authorization"] = "Bearer {KEY}"\nwrk.body = [[{JOB}]]\n')

    def rate(self, port):
        """Answers a second, all of them 2xx."""
        printed = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{self.seconds}s",
             "--script", self.script, f"http://127.0.0.1:{port}/"], text=True, capture_output=True, check=True).stdout
        if "Non-2xx" in printed or "Socket errors" in printed:
            raise SystemExit(f"requests were refused:\n{printed}")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", printed).group(1))


@contextlib.contextmanager
def floor(*command):
    """A server that prints its port and ends with its standard input; yields the port."""
    process = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def busy_providers(work):
    """A plugins.json whose one provider takes orders and does not answer while this lasts."""
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as silent:
        plugins = json.loads((WEBHOOKS / "plugins.json").read_text())
        plugins["providers"] = {"slow": {"plugin": "dalle", "config": {
            "apiKey": "bench", "baseUrl": f"http://127.0.0.1:{silent.getsockname()[1]}", "imagesPerMinute": 10_000}}}
        plugins["chains"]["default"]["providers"] = ["slow"]
        path = work / "busy.json"
        path.write_text(json.dumps(plugins))
        yield path


def accepted(posts, binary, work, plugins=None):
    """Jobs that a new service accepts a second, and its resident megabytes after it."""
    data = pathlib.Path(tempfile.mkdtemp(dir=work))
    service = Service(binary, data, work, **({"plugins": plugins} if plugins else {}))
    try:
        return posts.rate(service.port), service.memory()["VmRSS"]
    finally:
        # Thousands of jobs are left: a drain would wait for the provider's.
        service.process.kill()
        service.process.wait()
        service.log.close()
        shutil.rmtree(data)
        pathlib.Path(service.log.name).unlink()

#!/usr/bin/env python3
"""Kills the service with SIGKILL again and again under load, and checks that nothing accepted was lost.

Usage: kills.py PATH-OF-THUMBWIRE [KILLS]. Needs nothing but Python and the sqlite3 command. Every accepted job must end
completed, and its terminal event must arrive at the job's callback at least once, always with the same webhook-id.
"""

import collections
import http.client
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PATIENCE = 120  # seconds for anything that is waited for
RESOLUTIONS = ["1280x720", "1280x720", "320x180", "1080x1920"]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers 204 and notes the webhook-id of each job's terminal event."""

    events = collections.defaultdict(list)
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Receiver.events[body["data"]["id"]].append((body["type"], self.headers["webhook-id"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Sink(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A killed service resets its connections: that is the point."""


class Service:
    def __init__(self, binary, data):
        environment = dict(os.environ, THUMBWIRE_ADMIN_KEY="soak")
        begin = time.monotonic()
        self.log = open(f"{data}.log", "ab")
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--allow-private-webhooks", "127.0.0.1",
             "--log-format", "json"],
            stdout=subprocess.PIPE, stderr=self.log, env=environment)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.start_seconds = time.monotonic() - begin

    def call(self, path, body=None):
        request = urllib.request.Request(
            self.url + path, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer soak", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=PATIENCE)
        self.log.close()
        return code


def main():
    binary, kills = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    folder = tempfile.mkdtemp(prefix="thumbwire-kills.")
    data = os.path.join(folder, "data")
    receiver = Sink(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    callback = f"http://127.0.0.1:{receiver.server_address[1]}/"
    accepted, slowest = [], 0.0
    for _ in range(kills):
        service = Service(binary, data)
        slowest = max(slowest, service.start_seconds)
        end = time.monotonic() + random.uniform(0.02, 1.0)
        timer = threading.Timer(end - time.monotonic(), service.kill)
        timer.start()
        submit_until_dead(service, callback, accepted)
        timer.join()
    service = Service(binary, data)
    lost = settle(service, accepted)
    code = service.stop()
    integrity = subprocess.check_output(
        ["sqlite3", os.path.join(data, "thumbwire.db"), "PRAGMA integrity_check"], text=True).strip()
    return report(folder, kills, accepted, lost, slowest, integrity, code)


def submit_until_dead(service, callback, accepted):
    number = 0
    while True:
        number += 1
        try:
            job = service.call("/v1/jobs", {
                "title": f"Kill number {number}", "prompt": "a desk with code",
                "resolution": random.choice(RESOLUTIONS), "callbackUrl": callback})
        except (OSError, ValueError, http.client.HTTPException):
            return
        accepted.append(job["id"])
        time.sleep(random.uniform(0, 0.15))


def settle(service, accepted):
    """Waits for every job and its event; returns what is missing."""
    lost = []
    for job in accepted:
        end = time.monotonic() + PATIENCE
        while True:
            document = service.call(f"/v1/jobs/{job}?wait=55")
            if document["status"] in ("completed", "failed", "cancelled") or time.monotonic() > end:
                break
        if document["status"] != "completed":
            lost.append((job, document["status"], document["error"]))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and any(not Receiver.events[job] for job in accepted):
        time.sleep(0.05)
    return lost + [(job, "no event", None) for job in accepted if not Receiver.events[job]]


def report(folder, kills, accepted, lost, slowest, integrity, code):
    different = [job for job in accepted if len(set(Receiver.events[job])) > 1]
    repeated = sum(len(Receiver.events[job]) - 1 for job in accepted if Receiver.events[job])
    for line in lost + [(job, "different events", Receiver.events[job]) for job in different]:
        print("LOST", *line)
    print(f"{kills} kills, {len(accepted)} jobs accepted, {len(lost)} lost, {len(different)} with different events, "
          f"{repeated} deliveries repeated, integrity_check {integrity}, slowest start {slowest * 1000:.0f} ms, "
          f"exit code {code}")
    if lost or different or integrity != "ok" or code != 0:
        print(f"the data folder is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

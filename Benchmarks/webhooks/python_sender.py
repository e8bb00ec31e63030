"""What a service in Python does: 64 threads that sign with standardwebhooks and post with requests.

Usage: python_sender.py PORT REQUEST-FILE COUNT PATHS. Prints posts per second. Nothing is logged or stored.
"""

import concurrent.futures
import datetime
import sys
import threading
import time

import requests
import standardwebhooks

port, count, paths = int(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4])
with open(sys.argv[2], "rb") as file:
    body = file.read().partition(b"\r\n\r\n")[2].decode()
webhook = standardwebhooks.Webhook("whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")
own = threading.local()


def post(number):
    if not hasattr(own, "session"):
        own.session = requests.Session()
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {
        "content-type": "application/json",
        "webhook-id": f"evt_{number:026}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign(f"evt_{number:026}", now, body),
    }
    own.session.post(f"http://127.0.0.1:{port}/e/{number % paths}", body, headers=headers).raise_for_status()


with concurrent.futures.ThreadPoolExecutor(64) as pool:
    begin = time.monotonic()
    for _ in pool.map(post, range(count)):
        pass
    print(round(count / (time.monotonic() - begin)))

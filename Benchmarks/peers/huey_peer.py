"""Huey on SQLite with fsync: hands in no-op jobs, then works them off in one process.

Usage: huey_peer.py FOLDER COUNT [WORKERS]. Prints the seconds of both halves as JSON. Huey takes a job out of the database
before it runs it, so what a crash interrupts is lost: it does less than what it is compared with.
"""

import json
import sys
import threading
import time

from huey import SqliteHuey

folder, count = sys.argv[1], int(sys.argv[2])
workers = int(sys.argv[3]) if len(sys.argv) > 3 else 1
huey = SqliteHuey(filename=f"{folder}/huey.db", fsync=True, results=False, utc=True)
ended = threading.Event()
done = 0


@huey.task()
def no_op(number):
    global done
    done += 1  # one worker; with more the last signal is enough
    if done >= count:
        ended.set()


begin = time.perf_counter()
for number in range(count):
    no_op(number)
full = time.perf_counter()
consumer = huey.create_consumer(workers=workers, worker_type="thread", initial_delay=0.001, max_delay=0.01, periodic=False)
consumer.start()
if not ended.wait(600):
    sys.exit("Huey did not finish within 600 s")
last = time.perf_counter()
consumer.stop(graceful=True)
print(json.dumps({"jobs": count, "enqueue": full - begin, "drain": last - full}))

"""DBOS on SQLite: workflows of some no-op steps, each of which it records.

Usage: dbos_peer.py FOLDER COUNT STEPS. Prints the seconds that it took as JSON. Workflows are called one after another,
which is faster on SQLite than its queue. It calls its SQLite database one for development; that syncs every commit.
"""

import json
import logging
import sys
import time

from dbos import DBOS

folder, count, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
logging.disable(logging.CRITICAL)
DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{folder}/dbos.db", "run_admin_server": False,
             "log_level": "CRITICAL"})


@DBOS.step()
def no_op(number):
    return number


@DBOS.workflow()
def chain(number):
    for _ in range(steps):
        no_op(number)
    return number


DBOS.launch()
begin = time.perf_counter()
for number in range(count):
    chain(number)
print(json.dumps({"jobs": count, "enqueue": 0, "drain": time.perf_counter() - begin}))
DBOS.destroy()

"""procrastinate on PostgreSQL: hands in no-op jobs, then works them off in one process.

Usage: procrastinate_peer.py CONNECTION-STRING COUNT. Prints the seconds of both halves as JSON.
"""

import asyncio
import json
import logging
import sys
import time

import procrastinate

conninfo, count = sys.argv[1], int(sys.argv[2])
logging.disable(logging.CRITICAL)
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))
done = 0
ended = asyncio.Event()


@app.task(name="no_op")
async def no_op(number):
    global done
    done += 1
    if done == count:
        ended.set()


async def main():
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        begin = time.perf_counter()
        for number in range(count):
            await no_op.defer_async(number=number)
        full = time.perf_counter()
        worker = asyncio.create_task(app.run_worker_async(concurrency=10, wait=False, install_signal_handlers=False))
        await asyncio.wait_for(worker, 600)
        last = time.perf_counter()
        if done < count:
            sys.exit(f"procrastinate finished {done} of {count} jobs")
        print(json.dumps({"jobs": count, "enqueue": full - begin, "drain": last - full}))


asyncio.run(main())

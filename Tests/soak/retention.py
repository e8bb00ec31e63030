"""What accepting jobs costs beside a purge: `retention.py BINARY [OLD_JOBS]`.

Makes a database of that many old jobs out of one, and prints the latency of POST /v1/jobs from four clients for ten
seconds, first with nothing to purge and then with all of it."""
import concurrent.futures
import http.client
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

KEY = "retention-key-0123456789"
SECONDS, CLIENTS = 10, 4
DAY = 86_400_000_000


class Service:
    def __init__(self, binary, data, *options):
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--min-free", "0", *options],
            stdout=subprocess.PIPE, stderr=open(pathlib.Path(data) / "log", "ab"), env={"THUMBWIRE_ADMIN_KEY": KEY})
        self.address = urllib.parse.urlsplit(json.loads(self.process.stdout.readline())["url"]).netloc

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(60) == 0

    def send(self, connection, method, path, body=None):
        connection.request(method, path, json.dumps(body) if body is not None else None, {
            "Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def call(self, method, path, body=None):
        status, document = self.send(http.client.HTTPConnection(self.address), method, path, body)
        assert status < 300, document
        return document


def multiply(database, count):
    """Copies the one job of the database, two days old, with its events and its picture's row."""
    store = sqlite3.connect(database)
    columns = {table: [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
               for table in ["jobs", "events", "compositions", "artifacts"]}
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count}) "

    def copy(table, changes, where="1"):
        names = [name for name in columns[table] if changes.get(name) != "skip"]
        values = ", ".join(changes.get(name, f"t.{name}") for name in names)
        store.execute(f"INSERT INTO {table} ({', '.join(names)}) {series}"
                      f"SELECT {values} FROM series, {table} t WHERE {where}")

    first = store.execute("SELECT number FROM jobs").fetchone()[0]
    copy("jobs", {"number": f"{first} + n", "id": "t.id || n", "progress":
                  f"json_set(t.progress, '$.finishedAt', (t.progress ->> '$.finishedAt') - {2 * DAY})"})
    copy("events", {"position": "skip", "id": "t.id || n", "job": f"{first} + n"}, "t.job IS NOT NULL")
    copy("compositions", {"job": f"{first} + n"})
    copy("artifacts", {"number": "skip", "id": "t.id || n", "job": "t.job || n", "file_name": "t.file_name || n",
                       "expires_at": "NULL"}, "t.job IS NOT NULL")
    store.commit()
    print(f"{store.execute('SELECT count(*) FROM jobs').fetchone()[0]} jobs, "
          f"{store.execute('SELECT count(*) FROM events').fetchone()[0]} events, "
          f"{pathlib.Path(database).stat().st_size >> 20} MiB")
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def latencies(service):
    def client(_):
        connection, taken = http.client.HTTPConnection(service.address), []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            begin = time.monotonic()
            status, _ = service.send(connection, "POST", "/v1/jobs", {"title": "Beside"})
            assert status == 202
            taken.append(time.monotonic() - begin)
        return taken

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return sorted(one for part in pool.map(client, range(CLIENTS)) for one in part)


def report(name, taken):
    shown = ", ".join(f"p{part} {taken[int(len(taken) * part / 100)] * 1_000:.1f} ms" for part in (50, 95, 99))
    print(f"{name}: {len(taken) / SECONDS:.0f} jobs/s accepted, {shown}, longest {taken[-1] * 1_000:.1f} ms")


def main(binary, count):
    with tempfile.TemporaryDirectory() as data:
        database = pathlib.Path(data) / "thumbwire.db"
        with Service(binary, data) as service:
            job = service.call("POST", "/v1/jobs?wait=30", {"title": "Old", "resolution": "64x64"})
            assert job["status"] == "completed", job
            # What is accepted later only waits.
            service.call("POST", "/v1/providers/studio/pause", {})
        multiply(database, count)
        with Service(binary, data, "--retain-jobs", "forever") as service:
            report("nothing to purge", latencies(service))
        with Service(binary, data, "--retain-jobs", "1d") as service:
            begin = time.monotonic()
            report("beside the purge", latencies(service))
            log = pathlib.Path(data) / "log"
            while '"removed what was kept long enough"' not in log.read_text():
                time.sleep(0.5)
            line = next(line for line in log.read_text().splitlines() if "removed what was kept" in line)
            print(f"purged after {time.monotonic() - begin:.0f} s: {line}")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200_000)

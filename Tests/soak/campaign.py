"""What campaigns under mixed load have in common: simulators, a receiver, tenants, their load, and the books at the end."""

import collections
import pathlib
import random
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "interop"), str(HERE.parent / "simulators")]

import books  # noqa: E402
import providers  # noqa: E402
from load import Load, Tenants  # noqa: E402
from running import PATIENCE, Receiver, Service, wait_until  # noqa: E402
from simulators import Simulators  # noqa: E402


def arguments(count):
    """The binary, how often, and the seed, of a command line."""
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1_000_000)
    return sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else count, seed


class Campaign:
    """Begins what outlives the service; `now` is "skip" where webhooks may be of any age."""

    def __init__(self, name, binary, seed, now=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"thumbwire-{name}."))
        self.data = self.folder / "data"
        self.binary, self.seed, self.dice, self.problems = binary, seed, random.Random(seed), []
        self.subscriber = providers.Subscriber(seed, now)
        self.simulators, self.receiver = Simulators(), Receiver(self.subscriber)
        providers.configure(self.simulators, seed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.receiver.__exit__()
        self.simulators.stop()

    def start(self, environment=None):
        """A service with the chains of billed providers, and one of the keyless one alone."""
        document = providers.document(self.simulators)
        document["providers"]["studio"] = {"plugin": "studio"}
        document["chains"]["studio"] = {**document["chains"]["default"], "providers": ["studio"]}
        return Service(self.folder, document, self.simulators.url + "/youtube", self.binary, data=self.data,
                       environment=environment)

    def furnish(self, service):
        """Makes the accounts and what they are followed by."""
        self.tenants = Tenants(service, self.receiver)
        self.subscriber.secrets = self.tenants.secrets
        self.load = Load(self.tenants, self.receiver, self.seed)

    def settle(self, service):
        """Waits until everything has ended and arrived, and checks what the service says about it; all jobs."""
        fail = self.problems.append
        self.jobs = books.settled(service, self.tenants.keys, 4 * PATIENCE)
        books.check_jobs(self.jobs, self.load.accepted, fail)
        told = books.check_events(service, self.jobs, fail)
        missing = lambda: books.missing_webhooks(self.jobs, told, list(self.receiver.webhooks))  # noqa: E731
        try:
            wait_until(lambda: not missing(), "every webhook", 2 * PATIENCE)
        except AssertionError:
            fail(f"{missing()} webhooks did not arrive")
        books.check_webhooks(self.jobs, told, self.receiver.webhooks, fail)
        lines = books.check_ledger(service, self.tenants, self.jobs, fail)
        every = [job for mine in self.jobs.values() for job in mine]
        print(f"{len(self.load.accepted)} jobs accepted, {len(every)} there, "
              f"{dict(collections.Counter(job['status'] for job in every))}, refused {self.load.refused}")
        print(f"{sum(map(len, told.values()))} events, {len(self.receiver.webhooks)} webhooks taken and "
              f"{self.subscriber.refused.total()} refused, {lines} lines in the ledgers")
        return every

    def check_pace(self):
        books.check_pace(self.simulators.stats(), self.problems.append)

    def conclude(self):
        """Compares with the simulators, looks into the database, and says what is wrong; the exit code."""
        stats = self.simulators.stats()
        books.check_purchases(self.jobs, stats, self.problems.append)
        books.check_database(self.data / "thumbwire.db", self.problems.append)
        problems = self.problems + self.subscriber.problems + stats["crashes"]
        print(f"seed {self.seed}: {len(problems)} problems")
        for problem in problems[:100]:
            print("WRONG", problem)
        if problems:
            print(f"the data folder is kept in {self.folder}")
            return 1
        shutil.rmtree(self.folder)
        return 0

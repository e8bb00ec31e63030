"""Mixed load for campaigns: accounts with and without credits, jobs of every kind, cancels, retries and grants."""

import contextlib
import http.client
import json
import random
import threading
import urllib.error
import urllib.request

from running import KEY

CLIENTS = 4
CHAINS = ["default", "opus", "dalle"]
VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
TERMINAL = ["thumbnail.completed", "thumbnail.failed", "thumbnail.cancelled"]
# Key of an account -> whether it is metered, what it begins with, and the cap of the key.
ACCOUNTS = {
    "key-of-the-rich-0123456789": (True, 1_000_000, None),
    "key-of-the-poor-0123456789": (True, 60, None),
    "key-of-the-capped-0123456789": (False, 0, 400),
}


class Tenants:
    """The accounts of a service, each with an endpoint for all terminal events."""

    def __init__(self, service, receiver):
        self.keys, self.accounts, self.secrets = [KEY, *ACCOUNTS], {}, []
        for key, (is_metered, credits, cap) in ACCOUNTS.items():
            account = service.call("POST", "/v1/accounts", {"name": key, "isMetered": is_metered, "credits": credits})
            service.call("POST", "/v1/keys", {
                "name": key, "value": key, "accountId": account["id"], **({"creditCap": cap} if cap else {})})
            self.accounts[key] = account["id"]
        for key in self.keys:
            endpoint = service.call("POST", "/v1/webhook-endpoints", {
                "url": f"{receiver.url}/endpoint", "events": TERMINAL, "retry": {"rests": [1] * 20}}, bearer(key))
            self.secrets += [endpoint["secret"], service.call("GET", "/v1/webhook-secret", headers=bearer(key))["secret"]]


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


class Load:
    """Clients that ask a service for anything; `accepted` is what it promised, job -> key."""

    def __init__(self, tenants, receiver, seed):
        self.tenants, self.receiver, self.dice = tenants, receiver, random.Random(seed)
        self.accepted, self.refused, self.lock = {}, {}, threading.Lock()
        self.is_over = threading.Event()

    def begin(self, service, clients=CLIENTS):
        """The threads that ask, until the service is dead or the load ends."""
        self.is_over.clear()
        seeds = [self.dice.random() for _ in range(clients)]
        threads = [threading.Thread(target=self.client, args=[service, random.Random(seed)]) for seed in seeds]
        for thread in threads:
            thread.start()
        return threads

    def end(self, threads):
        self.is_over.set()
        for thread in threads:
            thread.join()

    def until_dead(self, service):
        for thread in self.begin(service):
            thread.join()

    def client(self, service, dice):
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            while not self.is_over.wait(dice.uniform(0, 0.08)):
                self.one(service, dice)

    def one(self, service, dice):
        what = dice.random()
        with self.lock:
            known = list(self.accepted.items())[-60:]
        if what < 0.35 or not known:
            self.ask(service, dice.choice(self.tenants.keys), {"chain": "studio", "resolution": "64x64"}, dice)
        elif what < 0.75:
            self.ask(service, dice.choice(self.tenants.keys), {
                "chain": dice.choice(CHAINS), "videoUrl": VIDEO, "resolution": "320x180", "priority": dice.randint(0, 2),
            }, dice)
        elif what < 0.87:
            job, key = dice.choice(known)
            self.send(service, key, f"/v1/jobs/{job}/cancel", {})
        elif what < 0.95:
            job, key = dice.choice(known)
            self.take(key, *self.send(service, key, f"/v1/jobs/{job}/retry", {}))
        else:
            account = self.tenants.accounts["key-of-the-poor-0123456789"]
            self.send(service, KEY, f"/v1/accounts/{account}/credits", {"amount": dice.choice([-3, 8, 40])})

    def ask(self, service, key, wishes, dice):
        token = f"Soak-{dice.getrandbits(40):010x}"
        wishes = {"title": token, "prompt": f"{token} a desk with code", "deadlineSeconds": 3600, **wishes}
        if dice.random() < 0.5:
            wishes |= {"callbackUrl": f"{self.receiver.url}/callback/{token}"}
        self.take(key, *self.send(service, key, "/v1/jobs", wishes))

    def take(self, key, status, document):
        with self.lock:
            if status in (200, 202):
                self.accepted[document["id"]] = key
            else:
                self.refused[document["code"]] = self.refused.get(document["code"], 0) + 1

    @staticmethod
    def send(service, key, path, body):
        """Status and document; raises where the service does not answer any more."""
        request = urllib.request.Request(service.url + path, json.dumps(body).encode(), {
            **bearer(key), "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

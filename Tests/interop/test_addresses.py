"""A running service connects to no address that it was not allowed, whatever names, redirects and the environment say."""
import contextlib
import itertools
import json
import socket
import threading

from network import NameServer, alone
from running import Receiver, Service, outcome, wait_until

# Stand for the Internet: blocks of AS112, globally reachable by the IANA registries.
PUBLIC, PUBLIC_TOO, PUBLIC_SIX = "192.31.196.1", "192.31.196.2", "2620:4f:8000::1"
PRIVATE, PRIVATE_SIX, METADATA = "10.1.2.3", "fd00::1", "169.254.169.254"
# More than there are threads for look-ups.
SILENT = 80
ALL = [PUBLIC, PUBLIC_TOO, PUBLIC_SIX, PRIVATE, PRIVATE_SIX, METADATA]
PORT = 8000
A = 1


class Trap:
    """Counts the connections to an address."""

    def __init__(self, address, port=PORT):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.connections, self.socket = 0, socket.create_server((address, port), family=family)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            self.connections += 1
            connection.close()


class Scene(contextlib.ExitStack):
    """A service beside receivers on the public addresses and traps on the others."""

    def __init__(self, folder, **service):
        super().__init__()
        self.names = NameServer(folder)
        self.traps = {address: Trap(address) for address in [PRIVATE, PRIVATE_SIX, METADATA, "127.0.0.1"]}
        self.traps["metadata, port 80"] = Trap(METADATA, 80)
        self.receivers = {address: self.enter_context(Receiver(address=address, port=PORT))
                          for address in [PUBLIC, PUBLIC_TOO, PUBLIC_SIX]}
        self.service = self.enter_context(Service(folder, **{"webhooks": None, **service}))

    def url(self, host):
        return f"http://{host}:{PORT}/hook"

    def endpoint(self, host):
        return self.service.endpoint(self.url(host))["id"]

    def received(self, address):
        return len(self.receivers[address].webhooks)

    def sprung(self):
        return {address: trap.connections for address, trap in self.traps.items() if trap.connections}


@alone(*ALL)
def test_a_private_address_is_refused_when_it_is_named_and_the_setting_is_told(tmp_path):
    with Scene(tmp_path) as scene:
        scene.names.names.update({"inside.test": [PRIVATE], "six.test": [PRIVATE_SIX], "meta.test": [METADATA]})
        for host in [PRIVATE, "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", f"[{PRIVATE_SIX}]",
                     "[::ffff:10.1.2.3]", METADATA, "inside.test", "INSIDE.test.", "six.test", "meta.test"]:
            for path, field in [("/v1/webhook-endpoints", "url"), ("/v1/jobs", "callbackUrl")]:
                status, problem = scene.service.send("POST", path, {"title": "x", field: scene.url(host)}
                                                     if path == "/v1/jobs" else {field: scene.url(host)})

                assert (status, problem["code"]) == (422, "url_blocked_private_address"), (host, problem)
                assert problem["errors"][0]["pointer"] == f"/{field}"
                # There is no setting that allows a metadata service.
                assert ("--allow-private-webhooks" in problem["detail"]) == (host not in [METADATA, "meta.test"])
                # What a name leads to inside is not for tenants.
                assert host in [PRIVATE, "[::ffff:10.1.2.3]"] or PRIVATE not in json.dumps(problem)
        assert scene.sprung() == {}


@alone(*ALL)
def test_public_hosts_are_reached_over_both_families(tmp_path):
    with Scene(tmp_path) as scene:
        scene.names.names.update({"four.test": [PUBLIC], "six.test": [PUBLIC_SIX]})
        for host in ["four.test", "six.test", PUBLIC_TOO, f"[{PUBLIC_SIX}]"]:
            scene.service.test(scene.endpoint(host))

        assert len(scene.receivers[PUBLIC].wait(1)) == 1
        assert len(scene.receivers[PUBLIC_TOO].wait(1)) == 1
        assert len(scene.receivers[PUBLIC_SIX].wait(2)) == 2


@alone(*ALL)
def test_one_private_address_among_public_ones_refuses_the_host(tmp_path):
    with Scene(tmp_path) as scene:
        inside = {f"mixed{number}.test": address
                  for number, address in enumerate([PRIVATE, PRIVATE_SIX, METADATA, "127.0.0.1"])}
        scene.names.names.update({name: [PUBLIC] for name in inside})
        endpoints = [scene.endpoint(name) for name in inside]
        scene.names.names.update({name: [PUBLIC, address, PUBLIC_TOO] for name, address in inside.items()})
        for name in inside:
            # An answer is kept for a second.
            wait_until(lambda: scene.service.send("POST", "/v1/webhook-endpoints", {
                "url": scene.url(name), "events": ["thumbnail.failed"]})[0] == 422, "a refusal")
        for endpoint in endpoints:
            scene.service.test(endpoint)

        for endpoint in endpoints:
            assert outcome(scene.service.first_attempts(endpoint)[0]) == "blocked_address"
        assert scene.received(PUBLIC) == scene.received(PUBLIC_TOO) == 0
        assert scene.sprung() == {}


@alone(*ALL)
def test_every_attempt_looks_again(tmp_path):
    with Scene(tmp_path) as scene:
        scene.names.names["moving.test"] = [PUBLIC]
        endpoint = scene.endpoint("moving.test")
        scene.names.names["moving.test"] = [PRIVATE]

        def refused():
            """Asked of an endpoint whose host is private by now; an answer may have been kept for a second."""
            scene.service.test(endpoint)
            return "blocked_address" in map(outcome, scene.service.first_attempts(endpoint))

        wait_until(refused, "a refused attempt")
        scene.names.names["moving.test"] = [PUBLIC]
        before = scene.received(PUBLIC)

        # The second attempt of what was refused.
        assert len(scene.receivers[PUBLIC].wait(before + 1)) > before
        assert scene.sprung() == {}


@alone(*ALL)
def test_an_answer_that_changes_between_check_and_connection_leads_nowhere(tmp_path):
    with Scene(tmp_path) as scene:
        scene.names.names["turning.test"] = [PUBLIC]
        endpoint = scene.endpoint("turning.test")
        asked = itertools.count()
        scene.names.names["turning.test"] = \
            lambda kind: [[PUBLIC], [PRIVATE], [METADATA]][next(asked) % 3] if kind == A else []
        seen = set()

        def turned():
            scene.service.test(endpoint)
            seen.update(outcome(attempt) for attempt in scene.service.first_attempts(endpoint))
            return {204, "blocked_address"} <= seen

        wait_until(turned, "both outcomes")
        assert seen == {204, "blocked_address"}
        assert scene.sprung() == {}


@alone(*ALL)
def test_name_servers_that_never_answer_hold_up_nobody_else(tmp_path):
    with Scene(tmp_path) as scene:
        scene.names.names.update({f"s{number}.silent.test": [PUBLIC_TOO] for number in range(SILENT)})
        scene.names.names["quick.test"] = [PUBLIC]
        silent = [scene.endpoint(f"s{number}.silent.test") for number in range(SILENT)]
        quick = scene.endpoint("quick.test")
        scene.names.silent.add("silent.test")
        # The answers of before are kept for a second.
        wait_until(lambda: scene.service.test(silent[0]) and set(map(
            outcome, scene.service.first_attempts(silent[0]))) & {"dns_timeout", "dns_failure"}, "a stuck look-up")
        for endpoint in silent:
            scene.service.test(endpoint)
        for _ in range(20):
            scene.service.test(quick)

        assert len(scene.receivers[PUBLIC].wait(20)) == 20
        assert [outcome(attempt) for attempt in scene.service.first_attempts(quick, 20)] == [204] * 20
        for endpoint in silent[1:4]:
            attempts = scene.service.first_attempts(endpoint)
            assert outcome(attempts[0]) in {"dns_timeout", "dns_failure"}


@alone(*ALL)
def test_proxies_of_the_environment_are_not_asked(tmp_path):
    proxy = Receiver(port=8888)
    names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    with proxy, Scene(tmp_path, environment={**{name: proxy.url for name in names}, "no_proxy": ""}) as scene:
        scene.service.test(scene.endpoint(PUBLIC))
        secure = scene.service.endpoint(f"https://{PUBLIC}:{PORT}/")["id"]
        scene.service.test(secure)

        assert len(scene.receivers[PUBLIC].wait(1)) == 1
        assert outcome(scene.service.first_attempts(secure)[0]) == "tls_failed"
        assert scene.service.send("POST", "/v1/webhook-endpoints", {"url": scene.url(METADATA)})[0] == 422
        assert proxy.webhooks == []


@alone(*ALL)
def test_allow_lists_open_what_they_name_and_never_metadata(tmp_path):
    listed = "n8n.internal,10.1.0.0/16,fd00::/8,169.254.0.0/16,meta.internal"
    with Scene(tmp_path, webhooks=listed) as scene:
        scene.names.names.update({
            "n8n.internal": ["127.0.0.1"], "other.internal": ["127.0.0.1"], "ten.internal": [PRIVATE],
            "six.internal": [PRIVATE_SIX], "meta.internal": [METADATA], "mixed.internal": [PRIVATE, "127.0.0.1"]})
        for host, trap in [("n8n.internal", "127.0.0.1"), ("N8N.internal.", "127.0.0.1"), ("ten.internal", PRIVATE),
                           (PRIVATE, PRIVATE), ("six.internal", PRIVATE_SIX), (f"[{PRIVATE_SIX}]", PRIVATE_SIX)]:
            before = scene.traps[trap].connections
            scene.service.test(scene.endpoint(host))
            wait_until(lambda: scene.traps[trap].connections > before, f"a connection to {host}")
        for host in ["127.0.0.1", "localhost", "other.internal", "mixed.internal", "meta.internal", METADATA,
                     "[::ffff:169.254.169.254]", "192.168.0.1", "[::1]", "[fd00:ec2::254]"]:
            status, problem = scene.service.send("POST", "/v1/webhook-endpoints", {"url": scene.url(host)})
            assert (status, problem["code"]) == (422, "url_blocked_private_address"), (host, problem)
        assert scene.traps[METADATA].connections == 0


@alone(*ALL)
def test_redirects_are_failures_and_lead_nowhere(tmp_path):
    targets = [f"http://{METADATA}/latest/meta-data/", f"//{METADATA}/", f"http://{PRIVATE}:{PORT}/",
               f"http://127.0.0.1:{PORT}/", f"http://[{PRIVATE_SIX}]:{PORT}/"]
    answers = list(itertools.product([301, 302, 303, 307, 308], targets))
    with Scene(tmp_path, webhooks="10.0.0.0/8,fd00::/8,127.0.0.1,169.254.0.0/16") as scene:
        listener = socket.create_server((PUBLIC, PORT + 1))

        def serve():
            for status, target in answers:
                connection, _ = listener.accept()
                connection.recv(65536)
                connection.sendall(
                    f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n".encode())
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        for number, (status, _) in enumerate(answers):
            endpoint = scene.service.endpoint(f"http://{PUBLIC}:{PORT + 1}/{number}")["id"]
            scene.service.test(endpoint)
            assert outcome(scene.service.first_attempts(endpoint)[0]) == status
            scene.service.call("DELETE", f"/v1/webhook-endpoints/{endpoint}")
        assert scene.sprung() == {}

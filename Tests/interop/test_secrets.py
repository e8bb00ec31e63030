"""Nothing shows a secret but the answers that exist to show it: not the API, not the log, not the data folder.

Receivers and a provider's server answer with everything that they were sent, so that whatever keeps answers has secrets to
hide."""
import base64
import http.client
import http.server
import json
import re
import secrets
import socket
import threading
import types
import urllib.parse

import pytest
from running import KEY, PATIENCE, Service, plugins, wait_until

# What exists to show a secret: which of them, by the beginning of their names.
READ_BACK = {
    ("POST", "/v1/webhook-endpoints"): "endpoint secret",
    ("GET", "/v1/webhook-endpoints/{id}/secret"): "endpoint secret",
    ("POST", "/v1/webhook-endpoints/{id}/rotate-secret"): "endpoint secret",
    ("GET", "/v1/webhook-secret"): "callback secret",
    ("POST", "/v1/webhook-secret/rotate"): "callback secret",
    ("POST", "/v1/keys"): "api key",
}
ID = re.compile(r"\b(?:[a-z]+_[0-9a-z]{16,}|thumbnail-[0-9a-z-]{16,})\b")
WORDS = ["thumbnail.completed", "webhook.test", "studio", "dalle", "default", "smart-crop"]


class Echo:
    """Answers with what it was sent, in the body, in a header and as the reason, with the status that `answer` gives."""

    def __init__(self, answer):
        self.seen, echo = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                fields = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
                text = json.dumps({"error": {"message": f"{self.path}\n{fields}", "code": self.path}}).encode()
                echo.seen.append((self.path, dict(self.headers.items()), body))
                self.send_response(answer(self.path), self.path)
                self.send_header("x-echo", fields.replace("\n", "; "))
                self.send_header("location", self.path)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Book:
    """The secrets by name, and every place where one was seen that is not its own."""

    def __init__(self):
        self.secrets, self.found = {}, set()

    def new(self, name, make=lambda: secrets.token_hex(12)):
        self.secrets[name] = make()
        return self.secrets[name]

    def learn(self, name, value):
        self.secrets[name] = value

    def forms(self, value):
        """A secret as it stands, and as others would write it."""
        raw = value.encode()
        yield raw
        yield urllib.parse.quote(value, safe="").encode()
        yield json.dumps(value)[1:-1].encode()
        for shift in range(3):
            # In base64 with anything before it, as basic authentication has a user's name.
            yield base64.b64encode(bytes(shift) + raw)[4 if shift else 0:-4]
        if value.startswith("whsec_"):
            yield raw.removeprefix(b"whsec_")
            yield base64.b64decode(raw.removeprefix(b"whsec_"))
            yield base64.b64decode(raw.removeprefix(b"whsec_")).hex().encode()

    def read(self, place, data, but=None):
        data = data.encode() if isinstance(data, str) else data
        for name, value in self.secrets.items():
            if but and name.startswith(but):
                continue
            if any(form in data for form in self.forms(value)):
                self.found.add((place, name))


def whsec():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def raw_call(service, method, path, body=None, headers=None):
    """Status, headers and body of an answer as they came."""
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=PATIENCE)
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    connection.request(method, path, data, {
        "Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    if answer.headers.get_content_type() == "text/event-stream":
        text = read_stream(connection, answer)
    else:
        text = answer.read()
    connection.close()
    return answer.status, str(answer.headers), text


def read_stream(connection, answer):
    """What a stream has by the time that nothing more comes; it would never end by itself."""
    connection.sock and connection.sock.settimeout(1)
    data = b""
    while True:
        try:
            line = answer.fp.readline()
        except (TimeoutError, socket.timeout):
            return data
        data += line
        if not line:
            return data


class Walk:
    """Calls routes of the OpenAPI document with every id that an answer has named so far."""

    def __init__(self, service, book):
        self.service, self.book, self.ids, self.calls = service, book, set(WORDS), 0
        self.paths = service.call("GET", "/openapi.json")["paths"]

    def call(self, method, route, path, body=None, headers=None):
        status, fields, text = raw_call(self.service, method, path, body, headers)
        self.calls += 1
        self.ids.update(ID.findall(text.decode(errors="replace")))
        self.book.read(f"{method} {route} ({status})", fields.encode() + text, but=READ_BACK.get((method, route)))
        return status, text

    def all(self, method):
        routes = [route for route, operations in self.paths.items() if method.lower() in operations]
        for route in sorted(routes, key=lambda route: route.count("{")):
            body = None if method == "GET" else {}
            for path in self.fill(route):
                self.call(method, route, path, body)

    def fill(self, route):
        if "{" not in route:
            return [route, route + "?limit=100"]
        paths = [route]
        while any("{" in path for path in paths):
            paths = [re.sub(r"\{[^}]+\}", urllib.parse.quote(id), path, count=1)
                     for path in paths for id in sorted(self.ids) if self.suits(route, id)]
        return paths

    @staticmethod
    def suits(route, id):
        """Ids of other things get 404 everywhere: enough of them were asked for in other tests."""
        kinds = {"jobs": ("job_", "thumb"), "webhook-endpoints": ("ep_",), "deliveries": ("dlv_", "del_", "dl_"),
                 "keys": ("key_",), "accounts": ("acct_",), "events": ("evt_",), "sessions": ("ses",)}
        for kind, prefixes in kinds.items():
            if f"/{kind}/" in route:
                return id.startswith(prefixes)
        return True


def refusals(walk, book, echo):
    """Bad input with a secret in it: the error names the field, not what is in it."""
    secret = book.new("bad input")
    url = f"{echo.url}/a"
    bad = [
        {"url": f"ftp://u:{secret}@127.0.0.1/"}, {"url": f"http://u:{secret}@10.0.0.1/"},
        {"url": f"http://u:{secret}@[::1"}, {"url": f"http://u:{secret}@127.0.0.1:99999/"},
        {"url": url, "secret": secret}, {"url": url, "secret": f"whsec_{secret}"}, {"url": url, "secret": [secret]},
        {"url": url, "headers": {"x-a": f"{secret}\r\nx-b: c"}}, {"url": url, "headers": {"host": secret}},
        {"url": url, "headers": {"x-a": [secret]}}, {"url": url, "headers": [secret]},
        {"url": url, "headers": {"x-a": secret * 1000}},
        {"url": url, "authorization": secret}, {"url": url, "authorization": {"type": "bearer", "token": [secret]}},
        {"url": url, "authorization": {"type": "basic", "password": secret}},
        {"url": url, "authorization": {"type": "bearer", "token": f"{secret}\n"}},
        {"url": url, "authorization": {"type": "jwt", "algorithm": "RS256", "key": secret}},
        {"url": url, "authorization": {"type": "jwt", "algorithm": "none", "key": secret}},
        {"url": url, "authorization": {"type": "bearer", "token": secret, "tokens": secret}},
    ]
    for body in bad:
        status, text = walk.call("POST", "/v1/webhook-endpoints", "/v1/webhook-endpoints", body)
        assert status in (400, 422), (body, text)
    for body in [
        {"title": "x", "callbackUrl": f"ftp://127.0.0.1/{secret}"},
        {"title": "x", "callbackUrl": f"http://u:{secret}@10.0.0.1/{secret}?{secret}"},
        {"title": "x", "callbackUrl": f"{echo.url}/{secret}", "callbackHeaders": {"host": secret}},
        {"title": "x", "callbackUrl": f"{echo.url}/{secret}", "callbackHeaders": {"x-a": f"{secret}\n"}},
        {"title": "x", "callbackUrl": f"{echo.url}/{secret}", "callbackEvents": ["none"]},
        {"title": "x", "callbackUrl": [secret]},
    ]:
        status, text = walk.call("POST", "/v1/jobs", "/v1/jobs", body)
        assert status in (400, 422), (body, text)
    status, _ = walk.call("POST", "/v1/jobs", "/v1/jobs", {"title": "x"}, {
        "X-Thumbwire-Callback": f"http://10.0.0.1/{secret}"})
    assert status == 422
    walk.call("POST", "/v1/jobs", "/v1/jobs", f'{{"callbackUrl": "{secret}", oops'.encode())
    status, _ = walk.call("GET", "/v1/me", "/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert status == 401


def endpoints(service, book, echo):
    """One endpoint for each way in which a receiver is told who we are; they all get all events."""
    def url(path, userinfo=""):
        return f"http://{userinfo}{echo.host}/{path}"

    more = {
        "own": {"secret": book.new("endpoint secret, own", whsec)},
        "headers": {"headers": {"x-token": book.new("header"), "Authorization": f"Token {book.new('header auth')}"}},
        "basic": {"authorization": {"type": "basic", "username": "me", "password": book.new("basic password")}},
        "bearer": {"authorization": {"type": "bearer", "token": book.new("bearer token")}},
        "jwt": {"authorization": {"type": "jwt", "algorithm": "HS256", "key": book.new("jwt key", lambda: secrets.token_hex(32)), "issuer": "me",
                                  "audience": "you"}},
        "github": {"signing": {"signature": "github"}},
        "stripe": {"signing": {"signature": "stripe"}},
        "userinfo": {"url": url("userinfo", f"me:{book.new('userinfo password')}@")},
        "changed": {"headers": {"x-token": book.new("header, former")}},
        "rotated": {},
    }
    ids = {}
    for name, asked in more.items():
        document = service.endpoint(**{"url": url(name), **asked})
        ids[name] = document.pop("id")
        book.learn(f"endpoint secret, {name}", document.pop("secret"))
        book.read(f"POST /v1/webhook-endpoints ({name})", json.dumps(document))
    for number in range(2):
        path = f"/v1/webhook-endpoints/{ids['rotated']}/rotate-secret"
        book.learn(f"endpoint secret, rotated {number}", service.call("POST", path, {"overlapSeconds": 86400})["secret"])
    service.call("PATCH", f"/v1/webhook-endpoints/{ids['changed']}", {
        "headers": {"x-token": book.new("header, changed")}})
    return ids


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A service that was given secrets in every place that takes one, and everything that it said and keeps."""
    folder, book, refused = tmp_path_factory.mktemp("secrets"), Book(), set()

    def answer(path):
        """Each path once with a failure, afterwards with a success."""
        if "fails" in path or path not in refused:
            refused.add(path)
            return 500
        return 200

    echo = Echo(answer)
    book.learn("admin key", KEY)
    document = plugins(
        {"dalle": {"apiKey": "${env:DALLE_KEY}", "baseUrl": f"{echo.url}/fails/v1"}, "studio": {}},
        {"default": ["studio"], "paid": ["dalle"]})
    service = Service(folder, document, environment={"DALLE_KEY": book.new("provider key")})
    ids = endpoints(service, book, echo)
    book.learn("callback secret", service.call("GET", "/v1/webhook-secret")["secret"])
    book.learn("callback secret, rotated", service.call(
        "POST", "/v1/webhook-secret/rotate", {"overlapSeconds": 86400})["secret"])
    book.learn("api key", service.call("POST", "/v1/keys", {"name": "app", "scopes": ["app"]})["key"])
    place = f"{book.new('callback path')}?signature={book.new('callback query')}"
    jobs = [service.call("POST", "/v1/jobs", {
        "title": "Secrets", "resolution": "64x64", "chain": chain,
        "callbackUrl": f"http://me:{book.new(f'{chain} callback userinfo')}@{echo.host}/{chain}/{place}",
        "callbackHeaders": {"x-callback": book.new(f"{chain} callback header")},
        "callbackEvents": ["thumbnail.queued", "thumbnail.completed", "thumbnail.failed"]})["id"]
        for chain in ["default", "paid"]]
    ended = [service.ended(job) for job in jobs]
    for id in ids.values():
        service.test(id)
        wait_until(lambda: len(service.attempts(id)) >= 3, f"attempts to {id}")
    wait_until(lambda: {path.split("/")[1] for path, *_ in echo.seen} >= {*ids, "default", "paid"}, "callbacks")
    walk = Walk(service, book)
    refusals(walk, book, echo)
    walk.all("GET")
    walk.call("GET", "/v1/events/stream", "/v1/events/stream?lastEventId=0")
    walk.all("POST")
    walk.all("GET")
    for file in sorted(service.data.rglob("*")):
        if file.is_file():
            book.read(f"data/{file.name} while running", file.read_bytes())
    code = service.stop()
    for file in sorted(service.data.rglob("*")):
        if file.is_file():
            book.read(f"data/{file.name} after the stop", file.read_bytes())
    book.read("the log", (folder / "log").read_bytes())
    echo.close()
    return types.SimpleNamespace(**locals())


def test_what_is_searched_is_worth_searching(searched):
    """Every secret was in use, every route was called."""
    sent = json.dumps([[path, headers] for path, headers, _ in searched.echo.seen])
    for name in ["header", "header auth", "bearer token", "provider key", "callback path", "callback query",
                 "default callback header", "paid callback header", "header, changed"]:
        assert searched.book.secrets[name] in sent, name
    for name in ["basic password", "userinfo password", "default callback userinfo", "paid callback userinfo"]:
        encoded = base64.b64encode(f"me:{searched.book.secrets[name]}".encode()).decode()
        assert encoded in sent, name
    assert {job["status"] for job in searched.ended} == {"completed", "failed"}
    assert searched.walk.calls > 100
    assert searched.code == 0
    assert (searched.folder / "log").stat().st_size > 1000


def test_no_secret_is_shown(searched):
    assert not searched.book.found, "\n" + "\n".join(f"{place}: {name}" for place, name in sorted(searched.book.found))

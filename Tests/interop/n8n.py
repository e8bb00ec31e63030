"""n8n as a webhook sender meets it: its answers on production and resume URLs, without the rest of n8n."""
import http.server
import json
import re
import secrets
import threading
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Received:
    """A request with the answer it got."""
    target: str
    headers: dict
    body: bytes
    status: int


@dataclass
class Execution:
    """A run of a workflow whose Wait node is resumed by a call."""
    id: str
    state: str = "running"
    method: str = "POST"
    suffix: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    resumed_with: object = None


@dataclass
class Webhook:
    """A Webhook node with header authentication, if it has one."""
    method: str = "POST"
    active: bool = True
    ignores_bots: bool = False
    header: tuple = None
    items: list = field(default_factory=list)


class N8n:
    """Listens on loopback until it is closed. What came, in order, is in `received`; change its parts under `lock`."""

    def __init__(self):
        self.executions, self.webhooks, self.received = {}, {}, []
        self.lock = threading.Condition()
        # Called with each request under the lock, after it was answered: a test changes what the next one meets.
        self.after = lambda received: None
        emulator = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with emulator.lock:
                    status, answer = emulator.answer(self.command, self.path, headers, body)
                    emulator.received.append(Received(self.path, headers, body, status))
                    emulator.after(emulator.received[-1])
                    emulator.lock.notify_all()
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def start_execution(self, **more):
        execution = Execution(str(1000 + len(self.executions)), **more)
        self.executions[execution.id] = execution
        return execution

    def resume_url(self, execution):
        """$execution.resumeUrl; what a workflow appends to it comes after the query, which n8n puts up with."""
        suffix = f"/{execution.suffix}" if execution.suffix else ""
        return f"{self.url}/webhook-waiting/{execution.id}?signature={execution.token}{suffix}"

    def wait_for(self, count, seconds=120):
        """The requests so far, once there are that many."""
        with self.lock:
            assert self.lock.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)

    def answer(self, method, target, headers, body):
        path, _, query = target.partition("?")
        if path.startswith("/webhook-waiting/"):
            return self.resume(method, path.removeprefix("/webhook-waiting/"), query, headers, body)
        return self.trigger(method, path.removeprefix("/webhook/"), headers, body)

    def resume(self, method, identifier, query, headers, body):
        execution = self.executions.get(identifier)
        if execution is None:
            return 404, {"message": f"The execution {identifier} does not exist"}
        signature, _, suffix = urllib.parse.unquote(query.removeprefix("signature=")).partition("/")
        if not secrets.compare_digest(signature, execution.token):
            return 401, {"error": "Invalid token"}
        if execution.state == "running":
            return 409, {"message": f"The execution {identifier} is running already"}
        if execution.state == "finished":
            return 409, {"message": f"The execution {identifier} has finished already"}
        if (method, suffix) != (execution.method, urllib.parse.unquote(execution.suffix)):
            return 404, {"message": "The webhook is not registered for this method and path"}
        execution.state = "finished"
        execution.resumed_with = self.item(headers, body)
        return 200, {"message": "Workflow was started"}

    def trigger(self, method, path, headers, body):
        webhook = self.webhooks.get(path)
        if webhook is None or not webhook.active or webhook.method != method:
            return 404, {"code": 404, "message": f'The requested webhook "{method} {path}" is not registered.'}
        if webhook.ignores_bots and looks_like_a_bot(headers.get("user-agent", "")):
            return 403, {"message": "Authorization data is wrong!"}
        if webhook.header and headers.get(webhook.header[0].lower()) != webhook.header[1]:
            return 403, {"message": "Authorization data is wrong!"}
        webhook.items.append(self.item(headers, body))
        return 200, {"message": "Workflow was started"}

    @staticmethod
    def item(headers, body):
        """What the next node gets as $json."""
        return {"headers": headers, "params": {}, "query": {}, "body": json.loads(body)}


# What people's browsers never call themselves, and programs do.
PROGRAM_WORDS = ["http", "server", "url", "java", "node", "perl", "crawl", "spider", "proxy", "feed", "manager", "tools"]


def looks_like_a_bot(user_agent):
    """What "Ignore Bots" refuses, as far as a sender has to know it.

    - a bare product with its version, whatever its name: nothing may follow but a comma,
    - "bot" as a word or a word's end, ".com", and the words above anywhere,
    - an e-mail address, empty parentheses, a bar.
    """
    name = user_agent.lower()
    bare_product = re.fullmatch(r"[\w .:%()-]+(/v?\d+(\.\d+)*)?|\w+/[\w()]*", name.partition(",")[0])
    return bool(
        not name or bare_product or re.search(r"bots?\b|\.com\b|@[a-z]|\(\)|\|", name)
        or any(word in name for word in PROGRAM_WORDS))

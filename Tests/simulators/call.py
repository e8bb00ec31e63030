"""One call of a simulated service: its gate, its fault, what the service does, and how the answer gets lost."""

from clock import Aborted
from faults import KINDS
from messages import Answer, Refused

GARBAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
PIECES = 8
SPACES = b" " * 65_536


class Call:
    def __init__(self, world, service, operation, act, request, connection):
        self.world, self.service, self.operation, self.act = world, service, operation, act
        self.request, self.connection = request, connection
        self.fault = None

    def run(self):
        name, operation = self.service.name, self.operation
        self.world.ledger.arrive(name, operation, self.request)
        self.world.gates.pass_through(name, operation, "before")
        self.fault = self.world.faults.take(name, operation) or {}
        self.request.fault = self.fault
        kind = self.fault.get("kind")
        if kind:
            self.world.ledger.fault(name, operation, kind)
        if kind and KINDS[kind][0] == "before" and not self.goes_on_after(kind):
            return
        try:
            answer = self.act(self.request)
        except Refused as refusal:
            answer = refusal.answer
        self.service.finish(self.request, answer)
        if answer.bought is not None:
            self.world.ledger.note(name, answer.bought, request=self.request.document())
        self.world.gates.pass_through(name, operation, "after")
        self.deliver(answer, kind)

    def goes_on_after(self, kind):
        """Does a fault that comes before the service acts; true where the service acts afterwards."""
        if kind == "delay":
            self.world.clock.sleep(self.fault["seconds"])
            return True
        if kind == "status":
            self.answer_whole(self.scripted(), is_scripted=True)
            return False
        if kind == "hang":
            self.wait_for_client_to_leave()
        self.lose(None, "scripted", with_reset=kind == "reset_before")
        return False

    def scripted(self):
        answer = self.service.scripted(self.fault["status"], self.fault)
        if "body" in self.fault:
            body = self.fault["body"]
            answer = Answer.text(self.fault["status"], body) if isinstance(body, str) else \
                Answer.json(self.fault["status"], body)
        self.service.finish(self.request, answer)
        if "retry_after" in self.fault:
            answer.headers["Retry-After"] = str(self.fault["retry_after"])
        answer.headers.update(self.fault.get("headers", {}))
        return answer

    # Answers

    def deliver(self, answer, kind):
        if kind in ("lost_answer", "reset_after"):
            self.drain(answer)
            self.lose(answer.bought, "scripted", with_reset=kind == "reset_after")
        elif kind == "hang_after":
            self.drain(answer)
            self.wait_for_client_to_leave()
            self.lose(answer.bought, "scripted")
        elif kind in ("cut_head", "cut_body"):
            self.cut(answer, kind)
        elif kind == "status_after":
            bought, answer = answer.bought, self.scripted()
            self.world.ledger.lost(self.service.name, self.operation, bought, "scripted")
            self.answer_whole(answer, is_scripted=True)
        elif kind in ("empty_body", "garbage", "wrong_json"):
            self.drain(answer)
            answer.body, answer.stream = {"empty_body": b"", "garbage": GARBAGE, "wrong_json": b"[null]"}[kind], None
            if kind == "garbage":
                answer.headers["Content-Type"] = "text/html"
            self.world.ledger.lost(self.service.name, self.operation, answer.bought, "scripted")
            answer.bought = None
            self.answer_whole(answer)
        else:
            if kind == "stream_error" and answer.stream is not None:
                self.world.ledger.lost(self.service.name, self.operation, answer.bought, "scripted")
                answer.bought = None
            elif kind == "late_answer":
                self.world.clock.sleep(self.fault["seconds"])
            self.answer_whole(answer, fault=kind)

    def answer_whole(self, answer, is_scripted=False, fault=None):
        """Sends all of it; false, and counted as lost, where the client left before it had it."""
        record = (self.service.name, self.operation, answer, is_scripted)
        self.world.ledger.answered(*record)
        try:
            if self.connection.client_is_gone():
                raise ConnectionError
            if answer.stream is not None:
                self.send_stream(answer)
            elif fault == "slow_body":
                self.send_slowly(answer)
            elif fault == "huge_body":
                self.send_hugely(answer)
            else:
                self.connection.write(answer)
        except (ConnectionError, TimeoutError):
            self.world.ledger.answered(*record, step=-1)
            self.lose(answer.bought, "client_gone")
            return False
        return True

    def send_stream(self, answer):
        self.connection.send(self.connection.head(answer))
        for piece in answer.stream:
            if self.connection.client_is_gone():
                raise ConnectionError
            self.connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.connection.send(b"0\r\n\r\n")

    def send_slowly(self, answer):
        self.connection.send(self.connection.head(answer))
        step = -(-len(answer.body) // PIECES) or 1
        for start in range(0, len(answer.body), step):
            self.world.clock.sleep(self.fault["seconds"] / PIECES)
            if self.connection.client_is_gone():
                raise ConnectionError
            self.connection.send(answer.body[start:start + step])

    def send_hugely(self, answer):
        total = int(self.fault.get("bytes", 64 << 20))
        answer.headers["Content-Length"] = str(total + len(answer.body))
        self.connection.send(self.connection.head(answer))
        while total > 0:
            piece = SPACES[:total]
            self.connection.send(piece)
            total -= len(piece)
        self.connection.send(answer.body)

    def cut(self, answer, kind):
        head = self.connection.head(answer)
        try:
            if kind == "cut_head":
                self.drain(answer)
                self.connection.send(head[:len(head) // 2])
            elif answer.stream is not None:
                first = next(iter(answer.stream), b"")
                self.connection.send(head + b"%x\r\n%b" % (len(first) * 2, first))
            else:
                self.connection.send(head + answer.body[:len(answer.body) // 2])
        except ConnectionError:
            pass
        self.lose(answer.bought, "scripted")

    def drain(self, answer):
        """A stream does its work only as it is read."""
        if answer.stream is not None:
            for _ in answer.stream:
                pass

    def lose(self, bought, cause, with_reset=False):
        # Counted first: who sees the connection close finds it in the stats.
        self.world.ledger.lost(self.service.name, self.operation, bought, cause)
        self.connection.close(with_reset)

    def wait_for_client_to_leave(self):
        epoch = self.world.clock.epoch
        while not self.connection.client_is_gone(0.05):
            if self.world.clock.epoch != epoch:
                raise Aborted

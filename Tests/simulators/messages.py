"""Requests and answers of the simulated services, and the parsing of bodies."""

import dataclasses
import json
import re
import urllib.parse


class Refused(Exception):
    """The service refuses the request with this answer; nothing was bought."""

    def __init__(self, answer):
        self.answer = answer


@dataclasses.dataclass
class Part:
    """One field of a multipart form; `filename` is None where it is text."""

    name: str
    filename: str | None
    media_type: str
    data: bytes


@dataclasses.dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict  # Names in lower case.
    body: bytes
    base_url: str  # Of this process, as the client named it.
    fault: dict | None = None  # What is to go wrong with the call.

    @classmethod
    def parse(cls, method, target, headers, body, base_url):
        path, _, query = target.partition("?")
        fields = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        return cls(method, urllib.parse.unquote(path), fields, headers, body, base_url)

    @property
    def media_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self):
        """The body as a JSON object, or None where it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def bearer(self):
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def form(self):
        """The parts of a `multipart/form-data` body (RFC 7578), or None where it is malformed."""
        boundary = re.search(r'boundary="?([^";]+)', self.headers.get("content-type", ""))
        if not boundary:
            return None
        mark = b"\r\n--" + boundary[1].encode()
        pieces = (b"\r\n" + self.body).split(mark)
        if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
            return None
        parts = [parse_part(piece) for piece in pieces[1:-1]]
        return None if None in parts else parts

    def document(self):
        """What the ledger keeps of the request; long texts and bytes are replaced by their length."""
        body = self.json()
        if body is None and self.media_type == "multipart/form-data":
            parts = self.form() or []
            body = [{"name": part.name, "filename": part.filename, "type": part.media_type,
                     "bytes": len(part.data), "text": None if part.filename else text(part.data)} for part in parts]
        elif body is None:
            body = {"bytes": len(self.body)}
        return {"method": self.method, "path": self.path, "query": self.query, "headers": self.headers,
                "body": shortened(body)}


def parse_part(piece):
    head, separator, data = piece.partition(b"\r\n\r\n")
    name = re.search(rb'[; ]name="([^"]*)"', head)
    if not separator or not name:
        return None
    filename = re.search(rb'filename="([^"]*)"', head)
    media_type = re.search(rb"(?i)content-type: *([^\r\n;]+)", head)
    return Part(text(name[1]), text(filename[1]) if filename else None,
                text(media_type[1]) if media_type else "text/plain", data)


def text(data):
    return data.decode("utf-8", "replace")


def shortened(value, limit=40_000):
    if isinstance(value, dict):
        return {name: shortened(item, limit) for name, item in value.items()}
    if isinstance(value, list):
        return [shortened(item, limit) for item in value]
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:80]}… ({len(value)} characters)"
    return value


@dataclasses.dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    # Pieces of a stream, sent as they come; `body` is unused then.
    stream: object = None
    # What this call bought, for the ledger: the job's id, or None.
    bought: str | None = None
    # "rate" where the caller was too fast, "cap" where an allowance was used up.
    limited: str | None = None

    @classmethod
    def json(cls, status, value, headers=None, **more):
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": "application/json", **(headers or {})}, **more)

    @classmethod
    def text(cls, status, body, media_type="text/plain; charset=utf-8"):
        return cls(status, body.encode(), {"Content-Type": media_type})


def shape(base, **changes):
    """The document with members set, and those set to None left out."""
    return {name: value for name, value in {**base, **changes}.items() if value is not None}

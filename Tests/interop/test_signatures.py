"""Other people's libraries and our receivers agree on the vectors that the Swift tests sign and verify."""
import importlib.util
import os
import subprocess

import pytest
import standardwebhooks.webhooks
import svix.webhooks
from conftest import EMPTY, SECOND, VECTORS, WEBHOOKS

ids = [vector.name for vector in VECTORS]


def load_receiver():
    spec = importlib.util.spec_from_file_location("verify", WEBHOOKS / "verify" / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


receiver = load_receiver()


class StoppedClock:
    """Stands in for datetime in the libraries, whose vectors are years old."""

    def __init__(self, module, seconds):
        self.module, self.seconds, self.original = module, seconds, module.datetime

    def __enter__(self):
        original, seconds = self.original, self.seconds

        class Stopped(original):
            @classmethod
            def now(cls, tz=None):
                return original.fromtimestamp(seconds, tz)

        self.module.datetime = Stopped

    def __exit__(self, *_):
        self.module.datetime = self.original


@pytest.mark.parametrize("vector", VECTORS, ids=ids)
def test_standardwebhooks_accepts_it(vector):
    with StoppedClock(standardwebhooks.webhooks, vector.timestamp):
        standardwebhooks.webhooks.Webhook(vector.secret).verify(vector.body, vector.headers)


@pytest.mark.parametrize("vector", VECTORS, ids=ids)
def test_standardwebhooks_refuses_another_body(vector):
    with StoppedClock(standardwebhooks.webhooks, vector.timestamp):
        with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
            standardwebhooks.webhooks.Webhook(vector.secret).verify(vector.body + " ", vector.headers)


@pytest.mark.parametrize("vector", VECTORS, ids=ids)
def test_svix_accepts_it(vector):
    with StoppedClock(standardwebhooks.webhooks, vector.timestamp):
        svix.webhooks.Webhook(vector.secret).verify(vector.body, vector.headers)


@pytest.mark.parametrize("vector", VECTORS + [EMPTY], ids=ids + [EMPTY.name])
def test_our_python_receiver_agrees(vector):
    body = vector.body.encode()
    receiver.verify(vector.headers, body, [vector.secret], now=vector.timestamp + 300)
    for headers, changed, secrets, now in [
        (vector.headers, body + b" ", [vector.secret], vector.timestamp),
        (vector.headers, body, [vector.secret], vector.timestamp + 301),
        (vector.headers, body, [vector.secret], vector.timestamp - 301),
        ({**vector.headers, "webhook-id": "x"}, body, [vector.secret], vector.timestamp),
        ({**vector.headers, "webhook-timestamp": "x"}, body, [vector.secret], vector.timestamp),
        ({**vector.headers, "webhook-signature": "v1"}, body, [vector.secret], vector.timestamp),
        ({}, body, [vector.secret], vector.timestamp),
    ]:
        with pytest.raises(receiver.NotGenuine):
            receiver.verify(headers, changed, secrets, now=now)


def run_shell(tmp_path, vector, secret, now, body=None):
    headers = tmp_path / "headers"
    lines = "".join(f"{name.title()}: {value}\r\n" for name, value in vector.headers.items())
    headers.write_text("HTTP-Version: 1.1\r\n" + lines)
    saved = tmp_path / "body"
    saved.write_bytes(vector.body.encode() if body is None else body)
    return subprocess.run(
        [WEBHOOKS / "verify" / "verify.sh", headers, saved], capture_output=True, text=True,
        env={**os.environ, "THUMBWIRE_SECRET": secret, "NOW": str(now)})


@pytest.mark.parametrize("vector", VECTORS + [EMPTY], ids=ids + [EMPTY.name])
def test_our_shell_receiver_agrees(vector, tmp_path):
    assert run_shell(tmp_path, vector, vector.secret, vector.timestamp).stdout == "genuine\n"
    assert run_shell(tmp_path, vector, vector.secret, "skip").returncode == 0
    assert run_shell(tmp_path, vector, vector.secret, vector.timestamp + 301).returncode == 1
    assert run_shell(tmp_path, vector, vector.secret, vector.timestamp, b"other").returncode == 1
    other = "whsec_" + "A" * 32
    assert run_shell(tmp_path, vector, other, vector.timestamp).returncode == 1


def test_the_secret_of_another_vector_is_refused():
    vector = VECTORS[0]
    with pytest.raises(receiver.NotGenuine):
        receiver.verify(vector.headers, vector.body.encode(), [SECOND], now=vector.timestamp)

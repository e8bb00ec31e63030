"""Every way in which an endpoint may have deliveries signed, wrapped and authorized, checked by who checks it elsewhere."""
import base64
import json
import shutil
import socket
import subprocess
import time

import jwt
import openai
import pytest
import standardwebhooks.webhooks
import stripe
import svix.webhooks
from cloudevents.v1.http import from_http
from conftest import FIRST, SECOND
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from replicate.webhook import InvalidSignatureError, WebhookSigningSecret, Webhooks
from running import PATIENCE, Receiver, Service, plugins
from test_events import validator

SHARED = "a shared secret of thirty-two bytes or more"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    faces = {"soke": "default"}
    with Service(tmp_path_factory.mktemp("profiles"), plugins({"studio": {}}, {"default": ["studio"]}, faces)) as one:
        yield one


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def deliver(service, receiver):
    """Makes an endpoint with those options, has a job finish, and answers the endpoint and what came, headers and body."""
    made = []

    def deliver(submit=None, url=None, **options):
        path = f"/{len(made)}"
        endpoint = service.call("POST", "/v1/webhook-endpoints", {
            "url": url or receiver.url + path, "events": ["thumbnail.completed"], **options})
        made.append(endpoint["id"])
        (submit or job)(service)
        return endpoint, *arrived(receiver, path)

    yield deliver
    for endpoint in made:
        service.call("DELETE", f"/v1/webhook-endpoints/{endpoint}")


def job(service):
    return service.call("POST", "/v1/jobs?wait=30", {"title": "Zoë – 図", "resolution": "64x64"})


def arrived(receiver, path, number=1):
    with receiver.condition:
        assert receiver.condition.wait_for(
            lambda: sum(where == path for where, *_ in receiver.webhooks) >= number, timeout=PATIENCE)
        return [webhook[1:] for webhook in receiver.webhooks if webhook[0] == path][number - 1]


def keys(service):
    """The service's public keys by their id."""
    document = service.call("GET", "/.well-known/webhooks-jwks.json")
    for key in document["keys"]:
        assert (key["kty"], key["crv"], key["use"]) == ("OKP", "Ed25519", "sig")
    return {key["kid"]: Ed25519PublicKey.from_public_bytes(padded(key["x"])) for key in document["keys"]}


def padded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def checks(key, headers, body):
    """Whether one of the v1a tokens is of that key."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for token in headers["webhook-signature"].split(" "):
        version, signature = token.split(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), content)
                return True
            except InvalidSignature:
                pass
    return False


def check_standard(headers, body, secret):
    """All four libraries agree on the v1 tokens, and refuse another body and another secret."""
    standardwebhooks.webhooks.Webhook(secret).verify(body.decode(), headers)
    svix.webhooks.Webhook(secret).verify(body, headers)
    client = openai.OpenAI(api_key="none")
    client.webhooks.verify_signature(body, headers, secret=secret)
    Webhooks.validate(headers=headers, body=body.decode(), secret=WebhookSigningSecret(key=secret))
    for changed, other in [(body + b" ", secret), (body, "whsec_" + "A" * 32)]:
        with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
            standardwebhooks.webhooks.Webhook(other).verify(changed.decode(), headers)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.verify_signature(changed, headers, secret=other)
        with pytest.raises(InvalidSignatureError):
            Webhooks.validate(headers=headers, body=changed.decode(), secret=WebhookSigningSecret(key=other))


# Signatures


@pytest.mark.parametrize("profile", ["standard", "standard+v1a", "github", "stripe"])
@pytest.mark.parametrize("envelope", ["standard", "cloudevents", "cloudevents-binary"])
def test_every_profile_is_genuine_to_the_libraries_of_standard_webhooks(deliver, profile, envelope):
    _, headers, body = deliver(secret=FIRST, signing={"signature": profile}, envelope=envelope)
    check_standard(headers, body, FIRST)


def test_during_a_rotation_both_secrets_sign(service, receiver, deliver):
    endpoint, headers, body = deliver(secret=FIRST, signing={"signature": "standard+v1a"})
    assert [token.split(",")[0] for token in headers["webhook-signature"].split(" ")] == ["v1", "v1a"]
    service.call("POST", f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret", {"overlapSeconds": 3600})
    new = service.call("GET", f"/v1/webhook-endpoints/{endpoint['id']}/secret")["secret"]
    assert new != FIRST

    job(service)
    headers, body = arrived(receiver, "/0", number=2)
    assert [token.split(",")[0] for token in headers["webhook-signature"].split(" ")] == ["v1", "v1", "v1a"]
    for secret in [FIRST, new]:
        check_standard(headers, body, secret)


def test_v1a_is_checked_with_the_public_keys_also_during_their_rotation(service, receiver, deliver):
    _, headers, body = deliver(signing={"signature": "standard+v1a"})
    before = keys(service)
    assert any(checks(key, headers, body) for key in before.values())
    assert not any(checks(key, headers, body + b" ") for key in before.values())

    rotated = service.call("POST", "/v1/webhook-keys/rotate", {"overlapSeconds": 3600})["data"]
    after = keys(service)
    assert [key["kid"] for key in rotated] == list(after)
    assert set(after) > set(before)
    job(service)
    headers, body = arrived(receiver, "/0", number=2)
    assert all(checks(key, headers, body) for key in after.values())


def test_the_public_keys_stay_over_a_restart(tmp_path):
    with Service(tmp_path, plugins({"studio": {}}, {"default": ["studio"]})) as service:
        service.call("POST", "/v1/webhook-keys/rotate", {"overlapSeconds": 3600})
        before = list(keys(service))
        assert len(before) == 2
    with Service(tmp_path, plugins({"studio": {}}, {"default": ["studio"]})) as service:
        assert list(keys(service)) == before
    assert b"whsk_" not in (tmp_path / "data" / "webhook.keys").read_bytes()
    (tmp_path / "data" / "webhook.keys").write_bytes(b"damaged")
    with pytest.raises(RuntimeError, match="webhook.keys"):
        Service(tmp_path, plugins({"studio": {}}, {"default": ["studio"]}))


def test_the_standard_profile_has_no_v1a(deliver):
    _, headers, _ = deliver()
    assert headers["webhook-signature"].startswith("v1,") and " " not in headers["webhook-signature"]


def test_stripes_library_takes_the_stripe_profile_with_either_secret(service, receiver, deliver):
    endpoint, headers, body = deliver(secret=SECOND, signing={"signature": "stripe"})
    stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], SECOND, tolerance=300)
    service.call("POST", f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret", {"overlapSeconds": 3600})
    new = service.call("GET", f"/v1/webhook-endpoints/{endpoint['id']}/secret")["secret"]

    job(service)
    headers, body = arrived(receiver, "/0", number=2)
    for secret in [SECOND, new]:
        stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], secret, tolerance=300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode() + " ", headers["stripe-signature"], new, tolerance=300)


@pytest.fixture
def webhook_server(tmp_path):
    """Debian's `webhook`, a receiver of GitHub's webhooks: its URL and the file that it writes bodies to."""
    program = shutil.which("webhook")
    assert program, "apt-get install webhook"
    taken = tmp_path / "taken"
    script = tmp_path / "take.sh"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {taken}.new && mv {taken}.new {taken}\n')
    script.chmod(0o755)
    (tmp_path / "hooks.json").write_text(json.dumps([{
        "id": "thumbnails", "execute-command": str(script),
        "pass-arguments-to-command": [{"source": "payload", "name": "id"}],
        "trigger-rule": {"match": {
            "type": "payload-hmac-sha256", "secret": FIRST,
            "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}}}]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "-hooks", tmp_path / "hooks.json", "-ip", "127.0.0.1", "-port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens)
    yield f"http://127.0.0.1:{port}/hooks/thumbnails", taken
    process.kill()
    process.wait()


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


@pytest.mark.parametrize("secret, is_taken", [(FIRST, True), (SECOND, False)])
def test_a_receiver_of_githubs_webhooks_takes_the_github_profile(service, webhook_server, secret, is_taken):
    url, taken = webhook_server
    endpoint = service.call("POST", "/v1/webhook-endpoints", {
        "url": url, "events": ["thumbnail.completed"], "secret": secret, "signing": {"signature": "github"}})
    job(service)
    deliveries = f"/v1/webhook-endpoints/{endpoint['id']}/deliveries"

    def answered():
        return any(delivery["lastStatus"] for delivery in service.call("GET", deliveries)["data"])

    wait_until(answered)
    delivery = service.call("GET", deliveries)["data"][0]
    assert (delivery["status"] == "delivered") is is_taken
    if is_taken:
        wait_until(taken.exists)
        assert taken.read_text() == delivery["eventId"]
    else:
        assert not taken.exists()
    service.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")


# Authorization


def pem(key, form):
    return key.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


PKCS8, TRADITIONAL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("algorithm, key, public", [
    ("HS256", SHARED, SHARED),
    ("RS256", pem(RSA_KEY, PKCS8), RSA_KEY.public_key()), ("RS256", pem(RSA_KEY, TRADITIONAL), RSA_KEY.public_key()),
    ("ES256", pem(EC_KEY, PKCS8), EC_KEY.public_key()), ("ES256", pem(EC_KEY, TRADITIONAL), EC_KEY.public_key()),
], ids=["HS256", "RS256 PKCS#8", "RS256 PKCS#1", "ES256 PKCS#8", "ES256 SEC1"])
def test_a_token_is_made_for_each_attempt(deliver, algorithm, key, public):
    endpoint, headers, body = deliver(authorization={
        "type": "jwt", "algorithm": algorithm, "key": key, "issuer": "thumbwire", "audience": "n8n"})
    scheme, token = headers["authorization"].split(" ")
    claims = jwt.decode(
        token, public, algorithms=[algorithm], issuer="thumbwire", audience="n8n", leeway=30,
        options={"require": ["iss", "aud", "iat", "exp", "jti"]})
    assert scheme == "Bearer"
    assert claims["jti"] == headers["webhook-id"] == json.loads(body)["id"]
    assert claims["iat"] == int(headers["webhook-timestamp"])
    assert claims["exp"] - claims["iat"] <= 300
    assert key not in json.dumps(endpoint)


@pytest.mark.parametrize("authorization, value", [
    ({"type": "basic", "username": "ada", "password": "pä:ss"}, "Basic " + base64.b64encode("ada:pä:ss".encode()).decode()),
    ({"type": "bearer", "token": "t0ken~"}, "Bearer t0ken~"),
], ids=["basic", "bearer"])
def test_credentials_are_sent_as_they_are(deliver, authorization, value):
    endpoint, headers, _ = deliver(authorization=authorization, headers={"X-Token": "red"})
    assert headers["authorization"] == value
    assert headers["x-token"] == "red"
    assert "pä:ss" not in json.dumps(endpoint) and "t0ken" not in json.dumps(endpoint)


def test_userinfo_in_the_url_is_basic_authentication(deliver, receiver):
    _, headers, _ = deliver(url=receiver.url.replace("//", "//ada:l%20ove@") + "/0")
    assert headers["authorization"] == "Basic " + base64.b64encode(b"ada:l ove").decode()


SMALL = pem(rsa.generate_private_key(public_exponent=65537, key_size=1024), PKCS8)
OTHER_CURVE = pem(ec.generate_private_key(ec.SECP384R1()), PKCS8)
LOCKED = EC_KEY.private_bytes(
    serialization.Encoding.PEM, PKCS8, serialization.BestAvailableEncryption(b"secret")).decode()
PUBLIC = EC_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("algorithm, key, word", [
    ("HS256", "short", "32"), ("RS256", SMALL, "2048"), ("ES256", OTHER_CURVE, "P-256"),
    ("ES256", pem(RSA_KEY, PKCS8), "P-256"), ("RS256", pem(EC_KEY, PKCS8), "RSA"), ("ES256", LOCKED, "encrypted"),
    ("ES256", PUBLIC, "private key"), ("RS256", "no key at all", "private key|PRIVATE KEY"),
], ids=["short", "small", "other curve", "RSA", "EC", "locked", "public", "text"])
def test_a_key_that_cannot_sign_is_refused_at_creation(service, algorithm, key, word):
    status, problem = service.send("POST", "/v1/webhook-endpoints", {
        "url": "http://127.0.0.1/", "authorization": {"type": "jwt", "algorithm": algorithm, "key": key}})
    assert status == 422
    [error] = problem["errors"]
    assert error["pointer"] == "/authorization/key"
    assert any(one in error["detail"] for one in word.split("|")), error
    assert key not in json.dumps(problem)


def test_an_authorization_and_a_header_of_that_name_are_refused_together(service):
    status, problem = service.send("POST", "/v1/webhook-endpoints", {
        "url": "http://127.0.0.1/", "headers": {"Authorization": "x"},
        "authorization": {"type": "bearer", "token": "t"}})
    assert status == 422
    assert "uthorization" in problem["detail"]


# Envelopes


@pytest.mark.parametrize("envelope", ["cloudevents", "cloudevents-binary"])
def test_the_library_of_cloudevents_reads_it(deliver, envelope):
    endpoint, headers, body = deliver(envelope=envelope)
    event = from_http(headers, body)
    assert event["specversion"] == "1.0"
    assert event["id"] == headers["webhook-id"]
    assert event["type"] == "thumbnail.completed"
    assert event["subject"] == event.data["id"]
    assert event["source"] == f"urn:thumbwire:{event['accountid']}"
    # What the attributes say, put back into our own envelope, is the event that our schema describes.
    validator("thumbnail.completed").validate({
        "id": event["id"], "type": event["type"], "timestamp": event["time"], "apiVersion": event["apiversion"],
        "accountId": event["accountid"], "sequence": int(event["sequence"]), "data": event.data})
    if envelope == "cloudevents":
        assert headers["content-type"] == "application/cloudevents+json"
        assert not [name for name in headers if name.startswith("ce-")]
    else:
        assert headers["content-type"] == "application/json"
        assert json.loads(body) == event.data


def test_the_document_of_another_face_takes_the_place_of_the_data(service, receiver, deliver):
    def submit(service):
        service.call("POST", "/api/v1/thumbnail/generate", {
            "manualTitle": "A face", "colorGrading": "Warm", "layoutType": "TextLeft"})

    _, headers, body = deliver(submit, format="face", secret=FIRST)
    event = json.loads(body)
    check_standard(headers, body, FIRST)
    assert event["id"] == headers["webhook-id"] and event["type"] == "thumbnail.completed"
    assert len(body) < 20_000
    polled = service.call("GET", f"/api/v1/thumbnail/{event['data']['data']['id']}")
    assert event["data"]["data"]["imageUrl"] == polled["data"]["imageUrl"]
    assert event["data"]["data"]["status"] == polled["data"]["status"] == "completed"


def test_what_is_sent_again_has_the_same_body(service, receiver, deliver):
    endpoint, first, body = deliver(envelope="cloudevents")

    def delivery():
        [one] = service.call("GET", f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")["data"]
        return one

    # While it is being attempted, it would be sent again only if that attempt failed.
    wait_until(lambda: delivery()["status"] == "delivered")
    service.call("POST", f"/v1/deliveries/{delivery()['id']}/resend")
    second, again = arrived(receiver, "/0", number=2)
    assert (again, second["webhook-id"]) == (body, first["webhook-id"])

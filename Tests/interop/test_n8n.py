"""A real service and the answers that n8n gives: an event arrives the moment its workflow is ready for it."""
import datetime
import json
import os
import subprocess

import pytest
from conftest import ROOT, WEBHOOKS
from n8n import N8n, Webhook, looks_like_a_bot
from running import Receiver, wait_until
from test_live import call, service  # noqa: F401 (a fixture)

WORKFLOWS = {path.stem: json.loads(path.read_text()) for path in (WEBHOOKS / "n8n").glob("*.json")}
# What the nodes of our workflows are at: newer ones may need other parameters.
VERSIONS = {
    "n8n-nodes-base.webhook": 2.1, "n8n-nodes-base.wait": 1.1, "n8n-nodes-base.set": 3.4,
    "n8n-nodes-base.httpRequest": 4.2, "n8n-nodes-base.manualTrigger": 1, "n8n-nodes-base.stickyNote": 1,
}


@pytest.fixture
def n8n():
    emulator = N8n()
    yield emulator
    emulator.close()


def submit(service, **more):  # noqa: F811
    return call("POST", f"{service}/v1/jobs", {"title": "n8n", "resolution": "320x180", **more})


def evaluate(value, **scope):
    """What n8n makes of a parameter with an expression."""
    script = "const [host, value, scope] = process.argv.slice(1);" \
        "console.log(JSON.stringify(require(host).evaluate(JSON.parse(value), JSON.parse(scope)) ?? null))"
    result = subprocess.run(
        ["node", "-e", script, ROOT / "Tests" / "interop" / "n8n_host.js", json.dumps(value),
         json.dumps({f"${name}": one for name, one in scope.items()})], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def assignments(node, **scope):
    return {one["name"]: evaluate(one["value"], **scope)
            for one in node["parameters"]["assignments"]["assignments"]}


def nodes(workflow):
    return {node["name"]: node for node in WORKFLOWS[workflow]["nodes"]}


# Callbacks to $execution.resumeUrl


def test_the_event_comes_again_the_moment_the_workflow_waits(service, n8n):  # noqa: F811
    execution = n8n.start_execution()

    def reach_the_wait_node(received):
        execution.state = "waiting" if execution.state == "running" else execution.state

    n8n.after = reach_the_wait_node
    job = submit(service, callbackUrl=n8n.resume_url(execution))

    early, right = n8n.wait_for(2)
    assert [early.status, right.status] == [409, 200]
    assert early.headers["webhook-id"] == right.headers["webhook-id"]
    assert early.body == right.body
    assert execution.resumed_with["body"]["data"]["id"] == job["id"]
    assert f"{n8n.url}{right.target}" == n8n.resume_url(execution)


def test_a_workflow_that_does_not_wait_yet_gets_the_second_of_the_dense_attempts(service, n8n):  # noqa: F811
    execution = n8n.start_execution()
    n8n.after = lambda received: setattr(execution, "state", "waiting")
    job = submit(service, callbackUrl=n8n.resume_url(execution))
    n8n.wait_for(2)

    def log():
        deliveries = call("GET", f"{service}/v1/deliveries?jobId={job['id']}")["data"]
        return deliveries and deliveries[0]["status"] == "delivered" and deliveries[0]

    delivery = wait_until(log, "the log")
    attempts = call("GET", f"{service}/v1/deliveries/{delivery['id']}/attempts")["data"]
    assert [(one["number"], one["status"]) for one in attempts] == [(1, 409), (2, 200)]
    first, second = (datetime.datetime.fromisoformat(one["startedAt"]) for one in attempts)
    # A second's rest, less its jitter; how late a busy machine is says nothing.
    assert second - first >= datetime.timedelta(seconds=0.8)


def test_an_execution_that_is_not_there_yet_is_tried_again(service, n8n):  # noqa: F811
    execution = n8n.start_execution(state="waiting")
    del n8n.executions[execution.id]
    n8n.after = lambda received: n8n.executions.update({execution.id: execution})
    submit(service, callbackUrl=n8n.resume_url(execution))

    assert [one.status for one in n8n.wait_for(2)] == [404, 200]


def test_any_path_and_query_is_kept_to_the_byte(service):  # noqa: F811
    targets = ["/a/../b/./c//d/", "/?", "/??a=?b", "/?x=%2f%2F&y=a+b&z&&=;", "/%zz?%", "/a;b=c,d/!$'()*~",
               "/[x]|{y}^`?<\"\\>", "/" + "a%20" * 400]
    with Receiver() as receiver:
        for target in targets:
            submit(service, resolution="64x64", callbackUrl=f"{receiver.url}{target}")

        assert sorted(path for path, *_ in receiver.wait(len(targets))) == sorted(targets)


def test_the_url_is_kept_to_the_byte_with_what_follows_its_query(service, n8n):  # noqa: F811
    suffixes = ["", "approved", "a%20b/c", "%7E%c3%bc", "a+b;c=d&e", "%2e%2e%2F", "a//b/", "%25", "a?b", "!$'()*,",
                "[x]"]
    urls = [n8n.resume_url(n8n.start_execution(state="waiting", suffix=suffix)) for suffix in suffixes]
    for url in urls:
        submit(service, resolution="64x64", callbackUrl=url)

    received = n8n.wait_for(len(urls))
    assert [one.status for one in received] == [200] * len(urls)
    assert sorted(f"{n8n.url}{one.target}" for one in received) == sorted(urls)


def test_a_wrong_signature_is_tried_again_and_shown(service, n8n):  # noqa: F811
    execution = n8n.start_execution(state="waiting")
    url, token = n8n.resume_url(execution), execution.token
    execution.token = "0" * 64

    def correct_the_token(received):
        if len(n8n.received) == 2:
            execution.token = token

    n8n.after = correct_the_token
    job = submit(service, callbackUrl=url)

    assert [one.status for one in n8n.wait_for(3)] == [401, 401, 200]
    shown = call("GET", f"{service}/v1/jobs/{job['id']}")
    assert token not in json.dumps(shown)
    assert shown["callback"]["host"] == "127.0.0.1"


def test_a_wait_node_that_takes_a_get_answers_404_until_it_takes_a_post(service, n8n):  # noqa: F811
    execution = n8n.start_execution(state="waiting", method="GET")

    def choose_post(received):
        execution.method = "POST"

    n8n.after = choose_post
    submit(service, callbackUrl=n8n.resume_url(execution))

    assert [one.status for one in n8n.wait_for(2)] == [404, 200]


# Standing subscriptions


def test_an_inactive_workflow_is_tried_again_and_its_endpoint_stays_enabled(service, n8n):  # noqa: F811
    n8n.webhooks["events"] = Webhook(active=False)

    def activate(received):
        n8n.webhooks["events"].active = True

    n8n.after = activate
    endpoint = call("POST", f"{service}/v1/webhook-endpoints", {"url": f"{n8n.url}/webhook/events"})
    submit(service)

    assert [one.status for one in n8n.wait_for(2)] == [404, 200]
    shown = call("GET", f"{service}/v1/webhook-endpoints/{endpoint['id']}")
    assert shown["status"] == "enabled"


def test_ignore_bots_lets_us_pass(service, n8n):  # noqa: F811
    n8n.webhooks["events"] = Webhook(ignores_bots=True)
    call("POST", f"{service}/v1/webhook-endpoints", {"url": f"{n8n.url}/webhook/events"})
    submit(service)

    received = n8n.wait_for(1)[0]
    assert received.status == 200, received.headers["user-agent"]


@pytest.mark.parametrize("user_agent", [
    "Thumbwire-Webhooks/1.0", "Thumbwire/1", "curl/8.5.0", "python-requests/2.32", "", "Svix-Webhooks/1.84 (sender-9YMgn; +https://www.svix.com/)",
    "Stripe/1.0 (+https://stripe.com/docs/webhooks)", "Mozilla/5.0 (compatible; Googlebot/2.1)",
])
def test_the_filter_refuses_what_programs_call_themselves(user_agent):
    assert looks_like_a_bot(user_agent)


@pytest.mark.parametrize("user_agent", [
    "Thumbwire-Webhooks/1.0 (job events; +docs)", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
])
def test_the_filter_lets_browsers_pass_and_us(user_agent):
    assert not looks_like_a_bot(user_agent)


# The workflows to import


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_whole(name):
    workflow = WORKFLOWS[name]
    names = {node["name"] for node in workflow["nodes"]}
    assert len(names) == len(workflow["nodes"])
    for node in workflow["nodes"]:
        assert node["typeVersion"] == VERSIONS[node["type"]]
        assert "credentials" not in node, "their ids mean nothing elsewhere"
    for source, outputs in workflow["connections"].items():
        assert source in names
        assert {link["node"] for links in outputs["main"] for link in links} <= names


def test_no_id_is_used_twice():
    def ids(value):
        if isinstance(value, dict):
            yield from (one for name, one in value.items() if name in ("id", "webhookId"))
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from ids(one)

    every = [one for workflow in WORKFLOWS.values() for one in ids(workflow)]
    assert len(set(every)) == len(every)


def test_submit_and_wait_runs(service, n8n):  # noqa: F811
    workflow = nodes("submit-and-wait")
    wait = workflow["Wait for the thumbnail"]["parameters"]
    execution = n8n.start_execution(state="waiting", method=wait["httpMethod"])
    run = {"id": execution.id, "resumeUrl": n8n.resume_url(execution)}
    item = {**assignments(workflow["Job"], json={}, execution=run), "server": service}
    create = workflow["Create job"]["parameters"]
    url = evaluate(create["url"], json=item)
    body = json.loads(evaluate(create["jsonBody"], json=item, execution=run))
    header = create["headerParameters"]["parameters"][0]

    assert (create["method"], url) == ("POST", f"{service}/v1/jobs")
    assert (header["name"], evaluate(header["value"], execution=run)) == ("Idempotency-Key", f"n8n-{execution.id}")
    job = call("POST", url, body)
    n8n.wait_for(1)

    thumbnail = assignments(workflow["Thumbnail"], json=execution.resumed_with)
    assert (thumbnail["status"], thumbnail["job_id"]) == ("completed", job["id"])
    assert thumbnail["url"].startswith(f"{service}/files/")
    assert assignments(workflow["Thumbnail"], json=job)["status"] == "timed out"


def test_thumbnail_events_runs(service, n8n):  # noqa: F811
    workflow = nodes("thumbnail-events")
    parameters = workflow["Thumbnail event"]["parameters"]
    webhook = Webhook(method=parameters["httpMethod"], header=("X-Thumbwire-Token", "a long random value"))
    n8n.webhooks[parameters["path"]] = webhook
    note = workflow["How to connect"]["parameters"]["content"]
    asked = json.loads(note.split("-d '")[1].split("'\n")[0])
    asked = {**asked, "url": f"{n8n.url}/webhook/{parameters['path']}",
             "headers": {name: webhook.header[1] for name in asked["headers"]}}

    call("POST", f"{service}/v1/webhook-endpoints", asked)
    job = submit(service, metadata={"video": 17})

    assert [one.status for one in n8n.wait_for(1)] == [200]
    fields = assignments(workflow["Pick fields"], json=webhook.items[0])
    assert (fields["type"], fields["job_id"], fields["title"]) == ("thumbnail.completed", job["id"], "n8n")
    assert fields["metadata"] == {"video": 17}
    assert fields["url"].startswith(f"{service}/files/")

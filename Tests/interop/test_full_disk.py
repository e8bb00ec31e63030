"""A full disk refuses what it cannot keep, and loses nothing that it took."""
import json
import struct
import zlib

import pytest

from network import alone, mount_memory, remount
from running import Receiver, Service, verifier, wait_until

MEGABYTES = 24
# What is refused for want of room, and nothing else.
REFUSAL = (503, "storage_full")
# Of a small disk that may be filled to its last byte.
TO_THE_LAST_BYTE = {"THUMBWIRE_MIN_FREE": "0"}


# What asks for something new, on each face.
CREATIONS = [
    ("/v1/jobs", {"title": "Full"}, lambda answer: answer["code"] == "storage_full"),
    ("/api/v1/thumbnail/generate", {"manualTitle": "Full", "colorGrading": "Warm", "layoutType": "TextLeft"},
     lambda answer: answer["error"]["code"] == "INTERNAL_ERROR"),
    ("/api/generative-jobs", {"sourceUri": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"},
     lambda answer: answer["errorName"] == "ServiceUnavailable"),
    ("/v1/images/generations", {"prompt": "Full"}, lambda answer: answer["error"]["code"] == "storage_full"),
]


def png():
    """A grey picture of one pixel."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b""))


def fill(path, room=0):
    """Writes until nothing more fits, and gives so many bytes back."""
    with open(path, "wb", buffering=0) as file:
        for size in [1 << 20, 4096, 1]:
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
        file.truncate(file.tell() - room)


@alone()
def test_what_a_full_disk_took_is_there_and_delivered_and_what_it_refused_is_not(tmp_path):
    disk = tmp_path / "disk"
    mount_memory(disk, MEGABYTES)
    filler = disk / "filler"
    with Receiver() as receiver:
        service = Service(tmp_path / "service", data=disk / "data", environment=TO_THE_LAST_BYTE)
        endpoint = service.endpoint(receiver.url + "/endpoint")
        service.test(endpoint["id"])
        receiver.wait(1)
        fill(filler, room=1 << 20)
        tests, jobs, refused = [], {}, []

        def ask(number):
            """A job or a test event; False once it was refused."""
            if number % 2:
                status, answer = service.send("POST", "/v1/jobs", {
                    "title": "Full", "resolution": "64x64", "metadata": {"number": number},
                    "callbackUrl": f"{receiver.url}/callback/{number}"})
            else:
                status, answer = service.send("POST", f"/v1/webhook-endpoints/{endpoint['id']}/test", {})
            if status == 202:
                jobs.update({number: answer["id"]}) if number % 2 else tests.append(answer["eventId"])
                return True
            assert (status, answer["code"]) == REFUSAL, answer
            refused.append(number)
            return False

        number = 0
        while len(refused) < 20:
            number += 1
            assert number < 5000, "a full disk takes everything"
            ask(number)
        assert tests and jobs
        assert service.call("GET", f"/v1/webhook-endpoints/{endpoint['id']}")["status"] == "enabled"
        fill(disk / "rest")
        endpoints = [endpoint["id"]]

        def is_refused():
            """An endpoint; what a checkpoint gave back may take some."""
            url = f"{receiver.url}/more/{len(endpoints)}"
            status, answer = service.send("POST", "/v1/webhook-endpoints", {
                "url": url, "events": ["thumbnail.cancelled"]})
            if status == 201:
                endpoints.append(answer["id"])
            return (status, answer.get("code")) == REFUSAL

        wait_until(is_refused, "a refused endpoint")
        # A power cut while it is full: the next start finds room.
        service.kill()
        filler.unlink()
        (disk / "rest").unlink()
        with Service(tmp_path / "service", data=disk / "data", environment=TO_THE_LAST_BYTE) as service:
            assert wait_until(lambda: ask(1_000_001), "room")
            assert wait_until(lambda: ask(1_000_002), "room")
            ended = {number: service.ended(job) for number, job in jobs.items()}
            wanted = set(tests) | {event["id"] for event in service.pages("/v1/events?types=" + ",".join(
                ["thumbnail.completed", "thumbnail.failed", "thumbnail.cancelled"]))}

            def arrived():
                return {json.loads(body)["id"] for path, _, body in list(receiver.webhooks) if path == "/endpoint"}

            wait_until(lambda: wanted <= arrived(), "every event")
            for number, job in jobs.items():
                headers, body = receiver.wait_for(f"/callback/{number}", job)
                verifier.verify(headers, body, [service.call("GET", "/v1/webhook-secret")["secret"]])
                assert json.loads(body)["data"]["status"] == ended[number]["status"]
            # Refused means refused: of these there is no job, no callback and no endpoint.
            kept = {job["metadata"]["number"] for job in service.jobs()}
            assert kept == set(jobs)
            assert not {path for path, *_ in receiver.webhooks} & {f"/callback/{number}" for number in set(refused) - set(jobs)}
            assert {one["id"] for one in service.call("GET", "/v1/webhook-endpoints")["data"]} == set(endpoints)


@alone()
def test_a_disk_that_fills_and_empties_under_a_running_service_is_no_end(tmp_path):
    disk = tmp_path / "disk"
    mount_memory(disk, MEGABYTES)
    filler = disk / "filler"
    with Receiver() as receiver, Service(
            tmp_path / "service", data=disk / "data", environment=TO_THE_LAST_BYTE) as service:
        endpoint = service.endpoint(receiver.url)["id"]
        sent = [service.test(endpoint)]
        for _ in range(3):
            fill(filler)

            def is_refused():
                status, answer = service.send("POST", f"/v1/webhook-endpoints/{endpoint}/test", {})
                if status == 202:
                    sent.append(answer["eventId"])
                    return False
                assert (status, answer["code"]) == REFUSAL, answer
                return True

            wait_until(is_refused, "a refusal")
            filler.unlink()
            wait_until(lambda: not is_refused(), "room")

        def arrived():
            return {json.loads(body)["id"] for _, _, body in list(receiver.webhooks)}

        wait_until(lambda: set(sent) <= arrived(), "every event")
        assert arrived() == set(sent)
        deliveries = f"/v1/webhook-endpoints/{endpoint}/deliveries"
        wait_until(lambda: {one["status"] for one in service.pages(deliveries)} == {"delivered"}, "the log")
        assert len(service.pages(deliveries)) == len(sent)


@alone()
def test_a_nearly_full_disk_takes_nothing_new_and_ends_what_it_took(tmp_path):
    disk = tmp_path / "disk"
    mount_memory(disk, MEGABYTES)
    filler = disk / "filler"
    is_held = True

    with Receiver(lambda *webhook: 503 if is_held else 204) as receiver, Service(
            tmp_path / "service", data=disk / "data", environment={"THUMBWIRE_MIN_FREE": "4MiB"}) as service:
        service.endpoint(receiver.url + "/endpoint")
        wish = {"title": "Full", "resolution": "64x64"}
        taken = [service.call("POST", "/v1/jobs", {**wish, "callbackUrl": f"{receiver.url}/callback"})["id"]
                 for _ in range(5)]
        deletable = service.call("POST", "/v1/jobs", wish)["id"]
        fill(filler, room=3 << 20)

        for path, body, is_refusal in CREATIONS:
            status, answer = service.send("POST", path, body)
            assert status == 503 and is_refusal(answer), (path, answer)
        status, answer = service.send("POST", "/v1/uploads", png(), {"Content-Type": "image/png"})
        assert (status, answer["code"]) == REFUSAL, answer
        assert service.send("GET", "/readyz")[0] == 503
        assert service.send("GET", "/healthz")[0] == 200
        for job in taken + [deletable]:
            assert service.ended(job)["status"] == "completed"
        # Its event still waits at the endpoint.
        assert service.send("DELETE", f"/v1/jobs/{deletable}")[0] == 409
        assert service.send("DELETE", f"/v1/jobs/{deletable}?deliveries=drop")[0] == 204
        assert service.send("GET", f"/v1/jobs/{deletable}")[0] == 404
        is_held = False
        for job in taken:
            receiver.wait_for("/callback", job)
        assert service.send("POST", "/v1/jobs", wish)[0] == 503

        filler.unlink()
        assert service.send("GET", "/readyz")[0] == 200
        service.call("POST", "/v1/uploads", png(), {"Content-Type": "image/png"})
        service.ended(service.call("POST", "/v1/jobs", wish)["id"])


@alone()
def test_a_disk_that_is_read_only_for_a_while_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    mount_memory(disk, MEGABYTES)
    with Receiver() as receiver:
        service = Service(tmp_path / "service", data=disk / "data")
        taken = [service.call("POST", "/v1/jobs", {
            "title": "Kept", "resolution": "64x64", "callbackUrl": f"{receiver.url}/callback"})["id"]
            for _ in range(5)]
        # Linux makes no disk read-only on which files are open for writing.
        service.kill()
        remount(disk, MEGABYTES, read_only=True)
        with pytest.raises(RuntimeError, match="Read-only|read-only|readonly"):
            Service(tmp_path / "service", data=disk / "data")
        remount(disk, MEGABYTES, read_only=False)
        with Service(tmp_path / "service", data=disk / "data") as service:
            for job in taken:
                assert service.ended(job)["status"] == "completed"
                receiver.wait_for("/callback", job)
            assert {job["id"] for job in service.jobs()} == set(taken)

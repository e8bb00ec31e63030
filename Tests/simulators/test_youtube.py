"""YouTube without a key, pages, and the pictures themselves."""

import pictures
import pytest
from fixtures import process, sim  # noqa: F401

ID = "dQw4w9WgXcQ"


def oembed(sim, link=f"https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}"):
    return sim.send("GET", f"/youtube/oembed?url={link}&format=json")


def test_oembed_tells_title_and_author(sim):
    sim.configure(youtube={"videos": {ID: {"title": "Bread <&> butter", "author": "B"}}})

    document = oembed(sim).json()

    assert (document["title"], document["author_name"], document["type"]) == ("Bread <&> butter", "B", "video")
    assert sim.send("GET", document["thumbnail_url"]).status == 200


@pytest.mark.parametrize("word, status, body", [("401", 401, b"Unauthorized"), ("403", 403, b"Forbidden"),
                                                ("forbidden_text", 200, b"Forbidden"), ("404", 404, b"Not Found")])
def test_oembed_refuses(sim, word, status, body):
    sim.configure(youtube={"videos": {ID: {"oembed": word}}})

    reply = oembed(sim)

    assert (reply.status, reply.body) == (status, body)


def test_oembed_of_no_video_is_a_400(sim):
    assert oembed(sim, "https%3A%2F%2Fwww.youtube.com%2F").status == 400


def test_frames_have_their_sizes_and_a_missing_one_is_grey(sim):
    sim.configure(youtube={"videos": {ID: {"frames": ["hqdefault"]}}})
    there, missing = (sim.send("GET", f"/youtube/vi/{ID}/{name}.jpg") for name in ("hqdefault", "maxresdefault"))

    assert (there.status, pictures.measure(there.body)) == (200, ("jpeg", 480, 360, False))
    assert (missing.status, missing.headers["Content-Type"]) == (404, "image/jpeg")
    assert pictures.measure(missing.body)[0] == "jpeg"


def test_pages_have_tags(sim):
    watch = sim.send("GET", f"/youtube/watch?v={ID}").body.decode()
    sim.configure(youtube={"consent": True})
    consent = sim.send("GET", f"/youtube/watch?v={ID}").body.decode()
    page = sim.send("GET", "/youtube/page?title=A%20%22quote%22").body.decode()

    assert '<meta property="og:title" content="How I learned to cook">' in watch and "og:image" in watch
    assert "og:title" not in consent
    assert 'content="A &quot;quote&quot;"' in page


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", [(1280, 720), (33, 17), (1, 1)])
def test_pictures_have_the_exact_size_and_one_content_for_each_seed(format, size):
    first, other = pictures.picture("a", *size, format), pictures.picture("b", *size, format)

    assert pictures.measure(first)[:3] == (format, *size)
    assert first != other or size == (1, 1)
    assert pictures.picture("a", *size, format) == first


def test_a_direct_picture(sim):
    reply = sim.send("GET", "/youtube/picture.webp?w=320&h=180")

    assert pictures.measure(reply.body)[:3] == ("webp", 320, 180)

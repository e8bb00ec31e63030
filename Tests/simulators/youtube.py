"""What YouTube tells without a key: oEmbed, frames of a video, and the pages people paste instead of a video."""

import html
import re
import urllib.parse

import pictures
from messages import Answer
from service import Service

FRAMES = {"maxresdefault": (1280, 720), "sddefault": (640, 480), "hqdefault": (480, 360), "mqdefault": (320, 180),
          "default": (120, 90), "1": (120, 90), "2": (120, 90), "3": (120, 90)}
OEMBED = ["ok", "401", "403", "forbidden_text", "404", "400"]
ID = r"[A-Za-z0-9_-]{11}"


class YouTube(Service):
    name = "youtube"
    routes = [
        ("GET", r"/youtube/oembed", "oembed", "oembed"),
        ("GET", rf"/youtube/vi/({ID})/(\w+)\.jpg", "frame", "frame"),
        ("GET", rf"/youtube/vi_webp/({ID})/(\w+)\.webp", "frame", "frame_webp"),
        ("GET", r"/youtube/watch", "watch", "watch"),
        ("GET", rf"/youtube/(?:shorts|live|embed)/({ID})", "watch", "watch_id"),
        ("GET", r"/youtube/page", "page", "page"),
        ("GET", r"/youtube/picture\.(png|jpeg|jpg|webp)", "picture", "picture"),
    ]
    defaults = {
        # Id -> {"title", "author", "oembed": see OEMBED, "frames": names that exist}; of others the default.
        "videos": {},
        "default_video": {"title": "How I learned to cook", "author": "A Channel", "oembed": "ok",
                          "frames": list(FRAMES)},
        "consent": False,   # The watch page is a consent page without the video's title.
    }

    def check_setting(self, name, value):
        super().check_setting(name, value)
        for video in value.values() if name == "videos" else [value] if name == "default_video" else []:
            self.check_video(video)

    def check_video(self, video):
        unknown = set(video) - set(self.defaults["default_video"])
        if unknown or video.get("oembed", "ok") not in OEMBED or set(video.get("frames", [])) - set(FRAMES):
            raise ValueError(f"a video has title, author, oembed ({', '.join(OEMBED)}) and frames "
                             f"({', '.join(FRAMES)}), not {video!r}")

    def video(self, id):
        return {**self.defaults["default_video"], **self.settings["default_video"],
                **self.settings["videos"].get(id, {})}

    def oembed(self, request):
        id = video_id(request.query.get("url", ""))
        if id is None:
            return Answer.text(400, "Bad Request")
        video = self.video(id)
        refusals = {"401": (401, "Unauthorized"), "403": (403, "Forbidden"), "forbidden_text": (200, "Forbidden"),
                    "404": (404, "Not Found"), "400": (400, "Bad Request")}
        if video["oembed"] in refusals:
            return Answer.text(*refusals[video["oembed"]])
        return Answer.json(200, {
            "type": "video", "version": "1.0", "title": video["title"], "author_name": video["author"],
            "author_url": "https://www.youtube.com/@channel", "provider_name": "YouTube",
            "provider_url": "https://www.youtube.com/",
            "thumbnail_url": f"{request.base_url}/youtube/vi/{id}/hqdefault.jpg",
            "thumbnail_width": 480, "thumbnail_height": 360, "width": 200, "height": 113,
            "html": f'<iframe width="200" height="113" src="https://www.youtube.com/embed/{id}"></iframe>'})

    def frame(self, request, id, name, format="jpeg"):
        if name not in FRAMES or name not in self.video(id)["frames"]:
            # A true 404 whose body is a valid grey picture.
            return Answer(404, pictures.GREY_JPEG, {"Content-Type": "image/jpeg"})
        data = pictures.picture(f"{id} {name}", *FRAMES[name], format)
        return Answer(200, data, {"Content-Type": pictures.MEDIA_TYPES[format]})

    def frame_webp(self, request, id, name):
        return self.frame(request, id, name, "webp")

    def watch(self, request):
        return self.watch_id(request, request.query.get("v", ""))

    def watch_id(self, request, id):
        if self.settings["consent"]:
            return page("Before you continue to YouTube", {})
        if not re.fullmatch(ID, id):
            return page("YouTube", {})
        title = self.video(id)["title"]
        return page(f"{title} - YouTube", {"og:site_name": "YouTube", "og:title": title,
                                           "og:image": f"{request.base_url}/youtube/vi/{id}/hqdefault.jpg"})

    def page(self, request):
        """Any other page; `title` and `image` of the query are its `og:` tags, each left out where empty."""
        title = request.query.get("title", "An article about bread")
        image = request.query.get("image", request.base_url + "/youtube/picture.jpg")
        return page("Bread | A site", {"og:title": title, "og:image": image})

    def picture(self, request, format):
        width, height = (int(request.query.get(name, size)) for name, size in (("w", 1280), ("h", 720)))
        if not 1 <= width * height <= 16_777_216:
            return Answer.text(400, "w and h are out of range")
        format = "jpeg" if format == "jpg" else format
        data = pictures.picture(request.query.get("seed", "picture"), width, height, format)
        return Answer(200, data, {"Content-Type": pictures.MEDIA_TYPES[format]})


def video_id(link):
    """The id in any documented form of a link; the hosts of this simulator count as YouTube's."""
    parts = urllib.parse.urlsplit(link)
    candidate = urllib.parse.parse_qs(parts.query).get("v", [""])[0] or parts.path.rpartition("/")[2]
    return candidate if parts.scheme in ("http", "https") and re.fullmatch(ID, candidate) else None


def page(title, tags):
    metas = "\n".join(f'<meta property="{name}" content="{html.escape(value)}">'
                      for name, value in tags.items() if value)
    body = f"<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{html.escape(title)}</title>\n{metas}\n"
    return Answer.text(200, body + "</head><body>…</body></html>\n", "text/html; charset=utf-8")

"""Opus' uploads: a link, and the two steps of a resumable upload to Google Cloud Storage."""

import re

from messages import Answer, Refused, shape


class Uploads:
    """A part of Opus, which has `uploads` (id -> name of the file) and `sessions` (session -> id)."""

    routes = [
        ("POST", r"/opus/api/upload-links", "upload-link", "upload_link"),
        ("POST", r"/opus/upload/([^/]+)/google-upload", "upload-start", "upload_start"),
        ("PUT", r"/opus/upload/session/([^/]+)", "upload-put", "upload_put"),
    ]

    def upload_link(self, request):
        self.admit(request)
        body = request.json() or {}
        is_video = body.get("video") == {"usecase": "LocalUpload"}
        is_image = body.get("usecase") == "FreeToolMedia" and body.get("type") == "Upload"
        if not is_video and not (is_image and re.fullmatch(r"[A-Za-z0-9]{1,5}", str(body.get("extension", "")))):
            self.refuse(400, "usecase, type and extension are required, or video.usecase")
        id = self.new_id(12)
        name = f"uploads/{id}." + ("mp4" if is_video else body["extension"])
        with self.lock:
            self.uploads[id] = name
        answer = {"url": f"{request.base_url}/opus/upload/{id}/google-upload", "uploadId": id,
                  "dnsUrl": "https://api.opus.pro", "useAmount": 0, "totalAmount": 107_974_182_498}
        return Answer.json(201, shape(answer, cdnUrl=None if is_video else f"{request.base_url}/files/{name}"))

    def upload_start(self, request, id):
        """The first step of a resumable upload to Google Cloud Storage."""
        if id not in self.uploads:
            raise Refused(Answer.text(404, "NoSuchUpload"))
        if request.headers.get("x-goog-resumable") != "start" or request.body:
            raise Refused(Answer.text(400, "x-goog-resumable: start with an empty body is required"))
        session = self.new_id(24)
        with self.lock:
            self.sessions[session] = id
        return Answer(201, b"", {"Location": f"{request.base_url}/opus/upload/session/{session}",
                                 "X-Goog-Resumable-Upload-Id": session})

    def upload_put(self, request, session):
        if session not in self.sessions:
            raise Refused(Answer.text(404, "NoSuchUpload"))
        if request.media_type != "application/octet-stream":
            raise Refused(Answer.text(400, "Content-Type: application/octet-stream is required"))
        self.world.files.uploaded[self.uploads[self.sessions[session]]] = request.body
        return Answer(200)

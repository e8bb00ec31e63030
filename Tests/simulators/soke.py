"""Soke: thumbnails as asynchronous jobs behind an envelope, with credits and a budget of calls a minute."""

import uuid

from messages import Answer, Refused, shape
from service import Service

CODES = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 402: "INSUFFICIENT_CREDITS", 403: "FORBIDDEN", 404: "NOT_FOUND",
         429: "RATE_LIMIT_EXCEEDED", 500: "INTERNAL_ERROR", 501: "PLATFORM_NOT_IMPLEMENTED"}
COLOR_GRADINGS = ["None", "Warm", "Cool", "Cinematic", "Vintage", "Desaturated", "Neon"]
LAYOUT_TYPES = ["TextLeft", "TextRight", "TextCenter", "TextBottom", "FullBleed"]
RESOLUTIONS = ["1280x720", "1080x1920"]
TEXTS = ["videoUrl", "manualPrompt", "manualTitle", "resolution", "platform", "sessionId", "templateId"]
LINK_NAMES = ["imageUrl", "image_url", "thumbnailUrl", "url", "backgroundUrl"]
RESULT_SHAPES = ["superset", "none"] + LINK_NAMES + [f"result.{name}" for name in LINK_NAMES]


class Soke(Service):
    name = "soke"
    routes = [
        ("POST", r"/soke/api/v1/thumbnail/generate", "generate", "generate"),
        ("POST", r"/soke/api/v1/thumbnail/generate-background", "generate-background", "generate_background"),
        ("GET", r"/soke/api/v1/thumbnail/([^/]+)", "poll", "thumbnail"),
        ("GET", r"/soke/api/v1/jobs/([^/]+)", "poll-job", "job"),
        ("POST", r"/soke/api/v1/auth/login", "login", "login"),
        ("POST", r"/soke/api/v1/auth/refresh", "refresh", "refresh"),
    ]
    defaults = {
        **Service.generating,
        "rate_per_minute": 60,       # Of the Scale tier.
        "polls_count": True,         # Whether polls use up the minute's budget.
        "minimum_poll_gap_ms": 0,    # Polls of one job closer than that earn a 429; documented advice: 2000.
        "credits": 10_000,
        "price": 4,
        "refund_on_failure": False,  # Not documented.
        "monthly_quota": None,       # Creates; beyond it 429 without a minute that ends.
        "subscription": True,
        "meta_on_polls": False,
        "result_shape": "superset",
        "status_words": {},          # E.g. {"completed": "succeeded", "failed": "error"}.
        "expose_editor_state": True,
    }

    def reset(self):
        super().reset()
        with self.lock:
            self.spent = 0

    def check_setting(self, name, value):
        super().check_setting(name, value)
        if name == "result_shape" and value not in RESULT_SHAPES:
            raise ValueError(f"soke.result_shape must be one of {', '.join(RESULT_SHAPES)}")

    # Calls

    def generate(self, request):
        return self.create(request, "generate", needs_style=True)

    def generate_background(self, request):
        return self.create(request, "generate-background", needs_style=False)

    def create(self, request, operation, needs_style):
        key = self.admit(request)
        body = self.valid_body(request, needs_style)
        with self.lock:
            self.charge(key)
            job = self.new_job(request, "thumb_" + self.new_id(12).lower(), body=body, operation=operation,
                               session=body.get("sessionId") or "session_" + self.new_id(12).lower())
            self.spent += self.settings["price"]
        self.ledger.buy(self.name, operation, job.id, credits=self.settings["price"], key=key)
        data = {"id": job.id, "status": "processing", "sessionId": job.fields["session"]}
        return self.success(202, data, with_meta=True, bought=job.id)

    def thumbnail(self, request, id):
        job = self.poll(request, id)
        state = self.word(job)
        data = {"id": id, "status": state, "progress": self.percent(job), "sessionId": job.fields["session"],
                "error": self.failure(job)}
        if job.state(self.clock.seconds()) == "done":
            data.update(self.result(request, job))
        return self.success(200, shape(data), self.settings["meta_on_polls"])

    def job(self, request, id):
        """The documented shape of the generic job: the result is nested."""
        job = self.poll(request, id)
        data = {"jobId": id, "status": self.word(job), "progress": self.percent(job), "error": self.failure(job)}
        if job.state(self.clock.seconds()) == "done":
            result = self.result(request, job)
            data["result"] = result.get("result", result)
        return self.success(200, shape(data), self.settings["meta_on_polls"])

    def login(self, request):
        body = request.json() or {}
        if not body.get("email") or not body.get("password"):
            self.refuse(400, "email and password are required")
        return self.tokens()

    def refresh(self, request):
        if not (request.json() or {}).get("refreshToken"):
            self.refuse(400, "refreshToken is required")
        return self.tokens()

    def tokens(self):
        return self.success(200, {"accessToken": "jwt_" + self.new_id(24), "refreshToken": "rt_" + self.new_id(24),
                                  "expiresAt": "2026-11-22T12:00:00Z"}, with_meta=True)

    # What calls go through

    def key(self, request):
        return request.headers.get("x-soke-key") or request.bearer()

    def admit(self, request, counts=True):
        key = self.key(request)
        if not self.accepts(key):
            self.refuse(401, "Missing or invalid authentication")
        limit = self.settings["rate_per_minute"]
        with self.lock:
            if counts and not self.window.take(key, limit):
                self.refuse_pace(f"You have exceeded your rate limit of {limit} requests per minute.",
                                 self.window.seconds_left(key))
        return key

    def poll(self, request, id):
        self.admit(request, self.settings["polls_count"])
        with self.lock:
            gap, now = self.settings["minimum_poll_gap_ms"] / 1000, self.clock.seconds()
            job = self.jobs.get(id)
            last = job.fields.get("polled") if job else None
            if gap and last is not None and now - last < gap:
                self.refuse_pace("Excessive polling.", gap - (now - last))
            job = self.polled(id)
            if job is None:
                self.refuse(404, "Thumbnail not found")
            job.fields["polled"] = now
            if job.state(now) == "failed" and self.settings["refund_on_failure"] and not job.fields.get("refunded"):
                job.fields["refunded"] = True
                self.spent -= self.settings["price"]
            return job

    def valid_body(self, request, needs_style):
        body = request.json()
        if body is None or request.media_type != "application/json":
            self.refuse(400, "The body must be a JSON object")
        for name in TEXTS + ["colorGrading", "layoutType"]:
            if body.get(name) is not None and not isinstance(body[name], str):
                self.refuse(400, f"{name} must be a string", {"field": name})
        if not isinstance(body.get("overrideTitle", True), bool):
            self.refuse(400, "overrideTitle must be a boolean", {"field": "overrideTitle"})
        if body.get("platform", "youtube") != "youtube":
            self.refuse(501, "The requested platform is not yet supported")
        if not any(body.get(name) for name in ("videoUrl", "manualTitle", "manualPrompt")):
            self.refuse(400, "videoUrl, manualTitle or manualPrompt is required")
        self.check_choice(body, "resolution", RESOLUTIONS, False)
        if needs_style:
            self.check_choice(body, "colorGrading", COLOR_GRADINGS, not body.get("templateId"))
            self.check_choice(body, "layoutType", LAYOUT_TYPES, not body.get("templateId"))
        return body

    def check_choice(self, body, name, choices, is_required):
        if body.get(name) is None and not is_required:
            return
        if body.get(name) not in choices:
            self.refuse(400, f"{name} must be one of: {', '.join(choices)}", {"field": name, "allowed": choices})

    def charge(self, key):
        if not self.settings["subscription"]:
            self.refuse(403, "No active subscription", code="SUBSCRIPTION_REQUIRED")
        quota = self.settings["monthly_quota"]
        if quota is not None and len(self.jobs) >= quota:
            self.refuse(429, "You have exceeded your monthly quota.", limited="cap")
        if self.credits_left() < self.settings["price"]:
            self.refuse(402, "Not enough credits for the operation",
                        {"required": self.settings["price"], "available": self.credits_left()})

    def credits_left(self):
        return self.settings["credits"] - self.spent

    # Answers

    def word(self, job):
        state = {"queued": "processing", "done": "completed", "cancelled": "failed"}
        now = job.state(self.clock.seconds())
        word = state.get(now, now)
        return self.settings["status_words"].get(word, word)

    def percent(self, job):
        return int(job.fraction(self.clock.seconds()) * 100)

    def failure(self, job):
        if job.state(self.clock.seconds()) in ("failed", "cancelled"):
            return {"code": "PROCESSING_ERROR", "message": job.message}
        return None

    def result(self, request, job):
        body = job.fields["body"]
        size = body.get("resolution") or "1280x720"
        link = self.picture_link(request, job.id, 1, size)
        editor = {"version": 1, "background": link, "layers": [{"type": "text", "text": body.get("manualTitle")}]}
        return result_document(self.settings["result_shape"], link, body, size,
                               editor if self.settings["expose_editor_state"] else None)

    def success(self, status, data, with_meta, **more):
        meta = {"platform": "youtube", "request_id": str(uuid.uuid4()), "processing_time_ms": 12}
        return Answer.json(status, shape({"success": True, "data": data, "meta": meta if with_meta else None}), **more)

    def error(self, status, message, details=None, code=None, headers=None, limited=None):
        code = code or CODES.get(status, "INTERNAL_ERROR")
        return Answer.json(status, {"success": False,
                                    "error": {"code": code, "message": message, "details": details or {}},
                                    "meta": {"request_id": str(uuid.uuid4())}}, headers, limited=limited)

    def refuse(self, *arguments, **more):
        raise Refused(self.error(*arguments, **more))

    def refuse_pace(self, message, seconds):
        wait = int(seconds) + 1
        self.refuse(429, message, {"retryAfter": wait}, headers={"Retry-After": str(wait)}, limited="rate")

    def not_found(self, request):
        return self.error(404, "Resource not found")

    def scripted(self, status, fault):
        wait = fault.get("retry_after")
        return self.error(status, fault.get("message", "scripted"), {"retryAfter": wait} if wait is not None else {})

    def finish(self, request, answer):
        key, limit = self.key(request), self.settings["rate_per_minute"]
        with self.lock:
            answer.headers.update({
                "X-Soke-Limit": str(limit), "X-Soke-Remaining": str(self.window.remaining(key, limit)),
                "X-Soke-Reset": str(int(self.clock.wall() + self.window.seconds_left(key)) + 1),
                "X-Soke-Credits-Remaining": str(self.credits_left())})
        return answer


def result_document(form, link, body, size, editor):
    """The undocumented result, in one of the shapes that a tolerant client reads."""
    if form == "none":
        return {"completedAt": "2026-11-21T12:00:00Z"}
    if form != "superset":
        outer, _, inner = form.rpartition(".")
        return {"result": {inner: link, "editor_state": editor}} if outer else {inner: link, "editorState": editor}
    return {"imageUrl": link, "thumbnailUrl": link, "editorState": editor, "resolution": size,
            "templateId": body.get("templateId"), "result": {"imageUrl": link, "editorState": editor}}

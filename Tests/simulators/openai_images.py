"""OpenAI Images: generations and edits, whole or as a stream, plain and under Azure's paths."""

import uuid

from clock import MinuteWindow
from messages import Answer, Refused
from openai_generation import Generation
from openai_inputs import read_edit
from openai_models import FAMILIES, MODELS, Rejected, check
from service import Service

SAFETY = ("Your request was rejected by the safety system. If you believe this is an error, contact us at "
          "help.openai.com and include the request ID {id}. safety_violations=[{category}].")
POLICY = ("Your request was rejected as a result of our safety system. Your prompt may contain text that is not "
          "allowed by our safety system.")
TYPES = {401: "invalid_request_error", 403: "invalid_request_error", 429: "requests"}


class OpenAI(Service):
    name = "openai"
    routes = [
        ("POST", r"/openai/v1/images/generations", "generate", "generate"),
        ("POST", r"/openai/v1/images/edits", "edit", "edit"),
        ("POST", r"/openai/v1/images/variations", "variation", "variation"),
        ("GET", r"/openai/v1/models", "models", "models"),
        ("GET", r"/openai/v1/models/([^/]+)", "models", "model"),
        ("POST", r"/openai/deployments/([^/]+)/images/generations", "generate", "azure_generate"),
        ("POST", r"/openai/deployments/([^/]+)/images/edits", "edit", "azure_edit"),
    ]
    defaults = {
        **{name: value for name, value in Service.generating.items() if name not in ("polls_before_done", "format")},
        "today": "2026-11-21",          # Models shut down by then are gone.
        "retired_status": 404,
        "default_model": "gpt-image-2",  # Of a request that names none.
        "requests_per_minute": 60,
        "images_per_minute": 250,
        "rate_headers": True,           # x-ratelimit-*, which the real service sometimes leaves out.
        "retry_after": True,            # retry-after and retry-after-ms on an earned 429.
        "moderation_input": [],         # Words of a prompt that are refused before anything is made.
        "moderation_output": [],        # Words whose picture is refused once made.
        "content_policy": [],           # Words refused in the manner of DALL-E.
        "billing_hard_limit": False,
        "insufficient_quota": False,
        "organization_verified": True,
        "deployments": {},              # Azure: name -> model; a model's own name needs no entry.
        "auto_size": "1024x1024",
        "partial_images_sent": None,    # At most that many, whatever was asked for.
        "answer_with": "as_model",      # "url" or "b64_json" as some compatible servers do.
    }

    def reset(self):
        super().reset()
        with self.lock:
            self.images = MinuteWindow(self.clock)

    def check_setting(self, name, value):
        super().check_setting(name, value)
        if name == "answer_with" and value not in ("as_model", "url", "b64_json"):
            raise ValueError("openai.answer_with must be as_model, url or b64_json")

    # Calls

    def generate(self, request, model=None):
        key = self.admit(request)
        fields = request.json()
        if fields is None:
            self.refuse(400, "We could not parse the JSON body of your request.", None, None)
        return self.make(request, key, "generate", fields, model)

    def edit(self, request, model=None):
        key = self.admit(request)
        try:
            fields = read_edit(request)
        except Rejected as problem:
            self.reject(problem)
        return self.make(request, key, "edit", fields, model)

    def azure_generate(self, request, deployment):
        return self.generate(request, self.deployed(request, deployment))

    def azure_edit(self, request, deployment):
        return self.edit(request, self.deployed(request, deployment))

    def variation(self, request):
        """Only dall-e-2 could, and it is gone."""
        self.admit(request)
        self.check_model("dall-e-2")
        self.refuse(404, "The endpoint is not simulated.", None, None)

    def models(self, request):
        self.admit(request)
        live = [self.model_document(name) for name in MODELS if not self.is_gone(name)]
        return Answer.json(200, {"object": "list", "data": live})

    def model(self, request, name):
        self.admit(request)
        self.check_model(name)
        return Answer.json(200, self.model_document(name))

    def model_document(self, name):
        return {"id": name, "object": "model", "created": 1_776_729_600, "owned_by": "system",
                "shutdown_date": MODELS[name][1]}

    # What calls go through

    def key(self, request):
        return request.headers.get("api-key") or request.bearer()

    def admit(self, request):
        key = self.key(request)
        if key is None:
            self.refuse(401, "You didn't provide an API key.", None, None)
        if not self.accepts(key):
            self.refuse(401, f"Incorrect API key provided: {key[:3]}***{key[-2:]}.", None, "invalid_api_key")
        with self.lock:
            if not self.window.take(key, self.settings["requests_per_minute"]):
                self.refuse_pace(self.window.seconds_left(key))
        return key

    def deployed(self, request, deployment):
        model = self.settings["deployments"].get(deployment, deployment)
        if not request.query.get("api-version"):
            self.refuse(404, "Resource not found", None, "404")
        if model not in MODELS:
            self.refuse(404, "The API deployment for this resource does not exist.", None, "DeploymentNotFound")
        return model

    def is_gone(self, model):
        end = MODELS[model][1]
        return end is not None and end <= self.settings["today"]

    def check_model(self, model):
        if model not in MODELS:
            self.refuse(404, f"The model '{model}' does not exist.", "model", "model_not_found")
        if self.is_gone(model):
            self.refuse(self.settings["retired_status"], f"The model `{model}` does not exist: it was shut down on "
                        f"{MODELS[model][1]}.", "model", "model_not_found")

    def make(self, request, key, operation, fields, model):
        """Checks everything, buys, waits as long as the generation takes, and answers."""
        model = model or fields.get("model") or self.settings["default_model"]
        self.check_model(model)
        family = FAMILIES[MODELS[model][0]]
        try:
            check({**fields, "model": model}, family, operation)
        except Rejected as problem:
            self.reject(problem)
        self.check_account(model, family)
        self.check_words(fields["prompt"])
        count = fields.get("n") or 1
        with self.lock:
            if not self.images.take(key, self.settings["images_per_minute"], count):
                self.refuse_pace(self.images.seconds_left(key))
        id = "img_" + self.new_id(16)
        self.ledger.buy(self.name, operation, id, units=count, key=key, model=model)
        work = Generation(self, request, operation, fields, model, family, id)
        return work.streamed() if fields.get("stream") else work.whole()

    def check_account(self, model, family):
        if family.is_gpt and not self.settings["organization_verified"]:
            self.refuse(403, f"Your organization must be verified to use the model `{model}`. Please go to: "
                        "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
                        "If you just verified, it can take up to 15 minutes for access to propagate.", None, None)
        if self.settings["billing_hard_limit"]:
            self.refuse(400, "Billing hard limit has been reached", None, "billing_hard_limit_reached")
        if self.settings["insufficient_quota"]:
            self.refuse(429, "You exceeded your current quota, please check your plan and billing details.", None,
                        "insufficient_quota", type="insufficient_quota", limited="cap")

    def check_words(self, prompt):
        lower = prompt.lower()
        if any(word.lower() in lower for word in self.settings["content_policy"]):
            self.refuse(400, POLICY, None, "content_policy_violation")
        for stage in ("input", "output"):
            for word in self.settings[f"moderation_{stage}"]:
                if word.lower() in lower:
                    self.wait() if stage == "output" else None
                    self.refuse_moderation(stage)

    def refuse_moderation(self, stage, category="sexual"):
        self.refuse(400, SAFETY.format(id="req_" + uuid.uuid4().hex, category=category), None, "moderation_blocked",
                    type="image_generation_user_error",
                    more={"moderation_details": {"moderation_stage": stage, "categories": [category]}})

    def wait(self, share=1.0):
        self.clock.sleep(self.settings["generation_ms"] / 1000 * share)

    # Answers

    def error(self, status, message, param, code, type=None, headers=None, limited=None, more=None):
        type = type or TYPES.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
        return Answer.json(status, {"error": {"message": message, "type": type, "param": param, "code": code,
                                              **(more or {})}}, headers, limited=limited)

    def refuse(self, *arguments, **more):
        raise Refused(self.error(*arguments, **more))

    def reject(self, problem):
        self.refuse(400, problem.message, problem.param, problem.code)

    def refuse_pace(self, seconds):
        headers = {"retry-after": str(int(seconds) + 1), "retry-after-ms": str(int(seconds * 1000) + 1)}
        self.refuse(429, f"You've exceeded the rate limit, please slow down and try again after {seconds:.2f} seconds.",
                    None, "rate_limit_exceeded", headers=headers if self.settings["retry_after"] else None,
                    limited="rate")

    def not_found(self, request):
        return self.error(404, f"Invalid URL ({request.method} {request.path})", None, None)

    def scripted(self, status, fault):
        code = {401: "invalid_api_key", 429: "rate_limit_exceeded", 404: "model_not_found"}.get(
            status, "server_error" if status >= 500 else None)
        return self.error(status, fault.get("message", "scripted"), None, code)

    def finish(self, request, answer):
        answer.headers.update({"x-request-id": "req_" + uuid.uuid4().hex, "openai-processing-ms": "12",
                               "openai-version": "2020-10-01", "openai-organization": "org-simulated"})
        if self.settings["rate_headers"]:
            key, limit = self.key(request), self.settings["requests_per_minute"]
            with self.lock:
                left, remaining = self.window.seconds_left(key), self.window.remaining(key, limit)
            answer.headers.update({"x-ratelimit-limit-requests": str(limit),
                                   "x-ratelimit-remaining-requests": str(remaining),
                                   "x-ratelimit-reset-requests": f"{left:.0f}s", "x-ratelimit-limit-tokens": "150000",
                                   "x-ratelimit-remaining-tokens": "149984", "x-ratelimit-reset-tokens": "6m0s"})
        return answer

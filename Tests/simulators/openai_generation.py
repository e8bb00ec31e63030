"""One paid call of OpenAI Images: its pictures, and its answer whole or as events."""

import base64
import json
import time

import pictures
from messages import Answer, shape


class Generation:
    """One paid call: its pictures and its answer."""

    def __init__(self, service, request, operation, fields, model, family, id):
        self.service, self.request, self.fields, self.id = service, request, fields, id
        self.operation, self.model, self.family = operation, model, family
        self.count = fields.get("n") or 1
        size = fields.get("size") or ("auto" if family.is_gpt else "1024x1024")
        self.size = service.settings["auto_size"] if size == "auto" else size
        self.format = fields.get("output_format") or "png"
        self.background = "transparent" if fields.get("background") == "transparent" else "opaque"
        quality = fields.get("quality") or "auto"
        self.quality = "high" if quality == "auto" else quality

    def whole(self):
        self.service.wait()
        document = {"created": int(self.service.clock.wall()), "data": [self.item(n) for n in range(self.count)]}
        if self.family.is_gpt:
            document.update(self.facts(), usage=self.usage())
        return Answer.json(200, document, bought=self.id)

    def streamed(self):
        return Answer(200, b"", {"Content-Type": "text/event-stream; charset=utf-8"}, stream=self.events(),
                      bought=self.id)

    def events(self):
        fault = (self.request.fault or {}).get("kind")
        partials = self.fields.get("partial_images") or 0
        limit = self.service.settings["partial_images_sent"]
        partials = partials if limit is None else min(limit, partials)
        for index in range(partials):
            self.service.wait(1 / (partials + 1))
            yield self.event("partial_image", {"b64_json": self.base64(0), **self.facts(), "partial_image_index": index})
        self.service.wait(1 / (partials + 1))
        if fault == "stream_error":
            yield event("error", {"type": "error", "error": {
                "message": "The server had an error while processing your request.", "type": "server_error",
                "param": None, "code": "server_error"}})
            return
        for number in range(self.count):
            yield self.event("completed", {"b64_json": self.base64(number), **self.facts(), "usage": self.usage()})

    def event(self, name, members):
        prefix = "image_edit" if self.operation == "edit" else "image_generation"
        return event(f"{prefix}.{name}", {"type": f"{prefix}.{name}", "created_at": int(time.time()), **members})

    def item(self, number):
        form = self.service.settings["answer_with"]
        if form == "as_model":
            form = "b64_json" if self.family.is_gpt else self.fields.get("response_format") or "url"
        prompt = f"A detailed photo: {self.fields['prompt']}" if self.family.styles else None
        if form == "b64_json":
            return shape({"b64_json": self.base64(number), "revised_prompt": prompt})
        link = self.service.picture_link(self.request, self.id, number + 1, self.size, self.format)
        return shape({"url": link, "revised_prompt": prompt})

    def base64(self, number):
        width, height = map(int, (self.service.settings["deliver_size"] or self.size).split("x"))
        data = pictures.picture(f"{self.id} {number}", width, height, self.format, self.background == "transparent")
        return base64.b64encode(data).decode()

    def facts(self):
        return {"background": self.background, "output_format": self.format, "size": self.size,
                "quality": self.quality}

    def usage(self):
        texts, made = len(self.fields["prompt"]) // 4 + 1, 1_056 * self.count
        seen = 300 if self.operation == "edit" else 0
        return {"total_tokens": texts + seen + made, "input_tokens": texts + seen, "output_tokens": made,
                "input_tokens_details": {"text_tokens": texts, "image_tokens": seen},
                "output_tokens_details": {"image_tokens": made, "text_tokens": 0}}


def event(name, document):
    return f"event: {name}\ndata: {json.dumps(document, separators=(',', ':'))}\n\n".encode()

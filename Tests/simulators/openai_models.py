"""OpenAI's image models: life-cycle, and what each family takes."""

import re

# Model -> (family, day it was or will be shut down, or None).
MODELS = {
    "dall-e-2": ("dall-e-2", "2026-05-12"), "dall-e-3": ("dall-e-3", "2026-05-12"),
    "gpt-image-1": ("gpt-1", "2026-10-23"),
    "gpt-image-1-mini": ("gpt-1", "2026-12-01"), "gpt-image-1.5": ("gpt-1", "2026-12-01"),
    "gpt-image-1.5-2025-12-16": ("gpt-1", "2026-12-01"), "chatgpt-image-latest": ("gpt-1", "2026-12-01"),
    "gpt-image-2": ("gpt-2", None), "gpt-image-2-2026-04-21": ("gpt-2", None),
    "gpt-image-2.5-flare": ("gpt-2.5", None), "gpt-image-2.5-flare-2026-09-08": ("gpt-2.5", None),
    "gpt-image-2.5-sunburst": ("gpt-2.5", None), "gpt-image-2.5-sunburst-2026-09-08": ("gpt-2.5", None),
    "gpt-image-2.6-flare": ("gpt-2.5", None), "gpt-image-2.6-sunburst": ("gpt-2.5", None),
}

GPT_SIZES = ["1024x1024", "1024x1536", "1536x1024", "auto"]
GPT_PARAMETERS = {"prompt", "model", "n", "size", "quality", "background", "output_format", "output_compression",
                  "moderation", "stream", "partial_images", "user"}
DALLE_PARAMETERS = {"prompt", "model", "n", "size", "quality", "response_format", "user"}
EDIT_PARAMETERS = {"image", "image[]", "images", "mask", "input_fidelity"}
GPT_QUALITIES = ["low", "medium", "high", "auto"]


class Family:
    """What a family of models takes. `sizes` of None means the free rule of gpt-image-2 and later."""

    def __init__(self, parameters, prompt_limit, sizes, qualities, most=10, styles=None):
        self.parameters, self.prompt_limit, self.sizes = parameters, prompt_limit, sizes
        self.qualities, self.most, self.styles = qualities, most, styles

    @property
    def is_gpt(self):
        return "output_format" in self.parameters


FAMILIES = {
    "dall-e-2": Family(DALLE_PARAMETERS, 1_000, ["256x256", "512x512", "1024x1024"], ["standard"]),
    "dall-e-3": Family(DALLE_PARAMETERS | {"style"}, 4_000, ["1024x1024", "1792x1024", "1024x1792"],
                       ["standard", "hd"], most=1, styles=["vivid", "natural"]),
    "gpt-1": Family(GPT_PARAMETERS, 32_000, GPT_SIZES, GPT_QUALITIES),
    "gpt-2": Family(GPT_PARAMETERS, 32_000, None, GPT_QUALITIES),
    "gpt-2.5": Family(GPT_PARAMETERS, 32_000, None, GPT_QUALITIES + ["xhigh", "max"]),
}


class Rejected(Exception):
    """A parameter is wrong; becomes a 400."""

    def __init__(self, message, param, code):
        self.message, self.param, self.code = message, param, code


def listed(values):
    quoted = [f"'{value}'" for value in values]
    return ", ".join(quoted[:-1]) + f", and {quoted[-1]}" if len(quoted) > 1 else quoted[0]


def check(fields, family, endpoint):
    """Raises where the family does not take these parameters. Numbers and booleans have their own types here."""
    allowed = family.parameters | (EDIT_PARAMETERS if endpoint == "edit" else set())
    for name in fields:
        if name not in allowed:
            raise Rejected(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    check_prompt(fields.get("prompt"), family)
    check_whole(fields, "n", 1, family.most)
    check_whole(fields, "output_compression", 0, 100)
    check_whole(fields, "partial_images", 0, 3)
    check_size(fields.get("size"), family)
    choices = {"quality": family.qualities, "style": family.styles, "background": ["transparent", "opaque", "auto"],
               "output_format": ["png", "jpeg", "webp"], "moderation": ["auto", "low"],
               "response_format": ["url", "b64_json"], "input_fidelity": ["high", "low"]}
    for name, values in choices.items():
        if fields.get(name) is not None and fields[name] not in values:
            raise invalid(name, fields[name], values)
    if not isinstance(fields.get("stream") or False, bool):
        raise Rejected("Invalid type for 'stream': expected a boolean.", "stream", "invalid_type")
    format = fields.get("output_format") or "png"
    if fields.get("output_compression") not in (None, 100) and format == "png":
        raise Rejected("Compression less than 100 is not supported for PNG output format", "output_compression",
                       "invalid_value")
    if fields.get("background") == "transparent" and format == "jpeg":
        raise Rejected("Transparent background is not supported for JPEG output format", "background", "invalid_value")
    if "mini" in (fields.get("model") or "") and fields.get("input_fidelity"):
        raise Rejected("The model 'gpt-image-1-mini' does not support the 'input_fidelity' parameter.",
                       "input_fidelity", "invalid_value")


def invalid(name, value, values):
    return Rejected(f"Invalid value: '{value}'. Supported values are: {listed(values)}.", name, "invalid_value")


def check_prompt(prompt, family):
    if not isinstance(prompt, str) or not prompt:
        raise Rejected("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter")
    if len(prompt) > family.prompt_limit:
        raise Rejected(f"Invalid 'prompt': string too long. Expected a string with maximum length "
                       f"{family.prompt_limit}, but got a string with length {len(prompt)} instead.", "prompt",
                       "string_above_max_length")


def check_whole(fields, name, least, most):
    value = fields.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected(f"Invalid type for '{name}': expected an integer.", name, "invalid_type")
    if value < least:
        raise Rejected(f"Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} "
                       "instead.", name, "integer_below_min_value")
    if value > most:
        raise Rejected(f"Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got {value} "
                       "instead.", name, "integer_above_max_value")


def check_size(size, family):
    if size is None:
        return
    if family.sizes:
        if size not in family.sizes:
            raise invalid("size", size, family.sizes)
        return
    if size == "auto":
        return
    match = re.fullmatch(r"([1-9]\d{1,4})x([1-9]\d{1,4})", size) if isinstance(size, str) else None
    problem = size_problem(int(match[1]), int(match[2])) if match else "It must be 'auto' or 'WIDTHxHEIGHT'."
    if problem:
        raise Rejected(f"Invalid value: '{size}'. {problem}", "size", "invalid_value")


def size_problem(width, height):
    if width % 16 or height % 16:
        return "Width and height must both be divisible by 16."
    if max(width, height) > 3840:
        return "The longest edge must be at most 3840."
    if max(width, height) > 3 * min(width, height):
        return "The aspect ratio must be between 1:3 and 3:1."
    if not 655_360 <= width * height <= 8_294_400:
        return "The number of pixels must be between 655360 and 8294400."
    return None

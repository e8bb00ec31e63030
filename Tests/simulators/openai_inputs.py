"""The inputs of an edit: a multipart form, or JSON that links to its pictures."""

import base64
import binascii
import urllib.request

import pictures
from openai_models import Rejected

IMAGE_LIMIT = 50_000_000
MASK_LIMIT = 4_000_000
LINK_LIMIT = 20_971_520
MOST_IMAGES = 16


def read_edit(request):
    """The fields of the edit, its pictures checked and left out of `image`, `images` and `mask` as bytes."""
    if request.media_type == "multipart/form-data":
        fields, images, mask = read_form(request)
    elif request.media_type == "application/json":
        fields, images, mask = read_json(request)
    else:
        raise Rejected("Content-Type must be multipart/form-data or application/json.", None, None)
    if not 1 <= len(images) <= MOST_IMAGES:
        raise Rejected(f"Between 1 and {MOST_IMAGES} images are required.", "image", "invalid_value")
    sizes = [check_image(data) for data in images]
    if mask is not None:
        check_mask(mask, sizes[0])
    return fields


def read_form(request):
    parts = request.form()
    if parts is None:
        raise Rejected("The multipart form is malformed.", None, None)
    fields, images, mask = {}, [], None
    for part in parts:
        if part.name in ("image", "image[]"):
            images.append(part.data)
        elif part.name == "mask":
            mask = part.data
        else:
            fields[part.name] = typed(part.name, part.data.decode("utf-8", "replace"))
    return fields, images, mask


def typed(name, value):
    if name in ("n", "output_compression", "partial_images"):
        return int(value) if value.lstrip("-").isdigit() else value
    if name == "stream":
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def read_json(request):
    fields = request.json()
    if fields is None:
        raise Rejected("We could not parse the JSON body of your request.", None, None)
    if "image" in fields:
        raise Rejected("Unknown parameter: 'image'.", "image", "unknown_parameter")
    links = fields.pop("images", None)
    mask = fields.pop("mask", None)
    if not isinstance(links, list):
        raise Rejected("Missing required parameter: 'images'.", "images", "missing_required_parameter")
    images = [fetch(link, f"images[{number}]") for number, link in enumerate(links[:MOST_IMAGES + 1])]
    return fields, images, fetch(mask, "mask") if mask is not None else None


def fetch(link, name):
    """The bytes behind `{"image_url": …}`: a data URL or a link that is followed."""
    if not isinstance(link, dict) or len(link) != 1 or not set(link) <= {"image_url", "file_id"}:
        raise Rejected(f"'{name}' must have exactly one of 'image_url' and 'file_id'.", name, "invalid_value")
    url = link.get("image_url")
    if not isinstance(url, str):
        raise Rejected(f"No such File object: {link.get('file_id')}", name, "invalid_value")
    if len(url) > LINK_LIMIT:
        raise Rejected(f"'{name}' is longer than {LINK_LIMIT} characters.", name, "string_above_max_length")
    try:
        if url.startswith("data:"):
            return base64.b64decode(url.partition(",")[2], validate=True)
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read(IMAGE_LIMIT + 1)
    except (OSError, ValueError, binascii.Error):
        raise Rejected(f"Failed to download the image of '{name}'.", name, "invalid_image_url") from None


def check_image(data):
    measured = pictures.measure(data)
    if measured is None:
        raise Rejected("Invalid image file or mode for image; only PNG, JPEG and WebP are supported.", "image",
                       "invalid_image_file")
    if len(data) >= IMAGE_LIMIT:
        raise Rejected("The image must be smaller than 50 MB.", "image", "image_too_large")
    return measured[1:3]


def check_mask(data, size):
    measured = pictures.measure(data)
    if measured is None or measured[0] != "png":
        raise Rejected("Invalid mask image format - mask must be a PNG.", "mask", "invalid_image_file")
    if len(data) >= MASK_LIMIT:
        raise Rejected("The mask must be smaller than 4 MB.", "mask", "image_too_large")
    if measured[1:3] != size:
        raise Rejected("Invalid mask image format - mask size does not match image size", "mask", "invalid_value")
    if not measured[3]:
        raise Rejected("Invalid mask image format - mask image missing alpha channel", "mask", "invalid_value")

"""Pictures of an exact size, made with the standard library alone: a gradient with shapes and noise, one per seed.

PNG is drawn here. JPEG is composed: `atlas.jpg.base64` (made once with Pillow, 4:2:0, a restart marker after each
16x16 block) is cut into its blocks, which a new header arranges to any size. WebP is VP8L with eight-bit codes, so
3 bytes a pixel.
"""

import base64
import collections
import pathlib
import random
import re
import struct
import threading
import zlib

MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
FOLDER = pathlib.Path(__file__).resolve().parent
BLOCK = 16
KEPT = 24

_kept = collections.OrderedDict()
_lock = threading.Lock()


def picture(seed, width, height, format="png", transparent=False):
    """The bytes of the picture; the same arguments give the same bytes."""
    name = (seed, width, height, format, transparent)
    with _lock:
        if name in _kept:
            _kept.move_to_end(name)
            return _kept[name]
    makers = {"png": png, "jpeg": jpeg, "webp": webp}
    data = png(seed, width, height, True) if transparent and format == "png" else makers[format](seed, width, height)
    with _lock:
        _kept[name] = data
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return data


def rows(seed, width, height):
    """RGB rows. Bytes are added as one long integer: no sum of ramp, tone and noise exceeds 255."""
    dice = random.Random(f"picture {seed}")
    strength = [dice.randrange(30, 110) for _ in range(3)]
    ramp = bytearray(width * 3)
    for channel in range(3):
        ramp[channel::3] = bytes(strength[channel] * x // width for x in range(width))
    ramp = int.from_bytes(ramp, "little")
    ones = int.from_bytes(b"\1\0\0" * width, "little")
    grain = dice.randbytes(width * 12).translate(bytes(value & 7 for value in range(256)))
    top, bottom = ([dice.randrange(5, 135) for _ in range(3)] for _ in range(2))
    shapes = [shape(dice, width, height) for _ in range(9)]
    for y in range(height):
        tone = sum((a + (b - a) * y // height) << 8 * c for c, (a, b) in enumerate(zip(top, bottom)))
        # Four rows with the same grain compress four times as fast.
        if y % 4 == 0:
            start = dice.randrange(width * 9)
            noise = int.from_bytes(grain[start:start + width * 3], "little")
        row = bytearray((ramp + ones * tone + noise).to_bytes(width * 3, "little"))
        for span in shapes:
            left, right, colour = span(y)
            if left < right:
                row[left * 3:right * 3] = colour * (right - left)
        yield row


def shape(dice, width, height):
    """A circle or a rectangle, as a function from a row to the columns that it covers."""
    x, y = dice.randrange(width), dice.randrange(height)
    reach = max(2, dice.randrange(min(width, height)) // 5)
    colour, is_round = dice.randbytes(3), dice.random() < 0.5

    def span(row):
        away = abs(row - y)
        if away >= reach:
            return 0, 0, colour
        half = int((reach * reach - away * away) ** 0.5) if is_round else reach
        return max(0, x - half), min(width, x + half), colour

    return span


def png(seed, width, height, transparent=False):
    """8 bits RGB, or RGBA with the left quarter see-through."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    lines = (with_alpha(row) if transparent else row for row in rows(seed, width, height))
    data = b"".join(map(packer.compress, filtered(lines))) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if transparent else 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def filtered(lines):
    """Rows less the row above (filter Up of PNG), all bytes at once: the high bits are set apart, so none borrows."""
    above = full = high = 0
    for line in lines:
        if not full:
            full = int.from_bytes(b"\xff" * len(line), "little")
            high = int.from_bytes(b"\x80" * len(line), "little")
        row = int.from_bytes(line, "little")
        less = ((row | high) - (above & ~high)) ^ ((row ^ above ^ full) & high)
        yield b"\2" + less.to_bytes(len(line), "little")
        above = row


def with_alpha(row):
    width = len(row) // 3
    result = bytearray(b"\xff" * width * 4)
    for channel in range(3):
        result[channel::4] = row[channel::3]
    result[3:width // 4 * 4:4] = bytes(width // 4)
    return result


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def asset(name):
    return base64.b64decode((FOLDER / name).read_text())


class Atlas:
    """The JPEG cut at its restart markers."""

    def __init__(self, data):
        scan = data.index(b"\xff\xda")
        entropy = scan + 2 + struct.unpack(">H", data[scan + 2:scan + 4])[0]
        self.frame = data.index(b"\xff\xc0")
        self.head = data[:entropy]
        self.blocks = re.split(rb"\xff[\xd0-\xd7]", data[entropy:-2])
        height, width = struct.unpack(">HH", data[self.frame + 5:self.frame + 9])
        self.columns, self.rows = -(-width // BLOCK), -(-height // BLOCK)

    def jpeg(self, seed, width, height):
        dice = random.Random(f"picture {seed}")
        columns, lines = -(-width // BLOCK), -(-height // BLOCK)
        across, down = dice.randrange(self.columns), dice.randrange(self.rows)
        if dice.random() < 0.5:
            across -= 2 * self.columns - 1
        head = bytearray(self.head)
        head[self.frame + 5:self.frame + 9] = struct.pack(">HH", height, width)
        # A comment with the seed: no two pictures have the same bytes.
        note = str(seed).encode()
        head[2:2] = b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note
        parts = [bytes(head)]
        for number in range(columns * lines):
            y, x = divmod(number, columns)
            column = abs(across + x * self.columns // columns) % self.columns
            row = (down + y * self.rows // lines) % self.rows
            if number:
                parts.append(bytes((0xFF, 0xD0 + (number - 1) % 8)))
            parts.append(self.blocks[row * self.columns + column])
        return b"".join(parts) + b"\xff\xd9"


ATLAS = Atlas(asset("atlas.jpg.base64"))
GREY_JPEG = asset("grey.jpg.base64")


def jpeg(seed, width, height):
    return ATLAS.jpeg(seed, width, height)


REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def webp(seed, width, height):
    """VP8L (RFC 9649): no transforms, no cache; red, green and blue of 8 bits each, alpha of none."""
    bits, count = 0, 0

    def put(value, size):
        nonlocal bits, count
        bits |= value << count
        count += size

    put(0x2F, 8)
    put(width - 1, 14)
    put(height - 1, 14)
    for value, size in ((0, 1), (0, 3), (0, 1), (0, 1), (0, 1)):
        put(value, size)
    for alphabet in (280, 256, 256):
        put_eight_bit_code(put, alphabet)
    # Alpha 255 and distance 0 are the only symbols of their codes: they take no bits.
    for symbol in (255, 0):
        put(0b101, 3)
        put(symbol, 8)
    pixels = bytearray(width * height * 3)
    position = 0
    for row in rows(seed, width, height):
        end = position + len(row)
        pixels[position:end:3], pixels[position + 1:end:3] = row[1::3], row[0::3]
        pixels[position + 2:end:3] = row[2::3]
        position = end
    stream = bits | int.from_bytes(pixels.translate(REVERSED), "little") << count
    data = stream.to_bytes((count + len(pixels) * 8 + 7) // 8, "little")
    data += b"\0" * (len(data) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def put_eight_bit_code(put, alphabet):
    """A normal code in which the first 256 symbols have 8 bits and the rest none."""
    order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8]
    put(0, 1)
    put(len(order) - 4, 4)
    for length in order:
        # One bit each for the two lengths in use: 0 is code 0, 8 is code 1.
        put(1 if length in (0, 8) else 0, 3)
    put(0, 1)
    for symbol in range(alphabet):
        put(1 if symbol < 256 else 0, 1)


def measure(data):
    """(format, width, height, has alpha) of a PNG, JPEG or WebP; None where it is none of these."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 33:
        width, height, _, colour = struct.unpack(">IIBB", data[16:26])
        return "png", width, height, colour in (4, 6) or b"tRNS" in data[:2048]
    if data[:3] == b"\xff\xd8\xff":
        return measure_jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return measure_webp(data)
    return None


def measure_jpeg(data):
    position = 2
    while position + 9 < len(data):
        marker, size = data[position + 1], struct.unpack(">H", data[position + 2:position + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[position + 5:position + 9])
            return "jpeg", width, height, False
        position += 2 + size
    return None


def measure_webp(data):
    kind = data[12:16]
    if kind == b"VP8X":
        return "webp", int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1, True
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return "webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return "webp", width & 0x3FFF, height & 0x3FFF, False
    return None

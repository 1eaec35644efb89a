"""A smaller PNG of a picture: 256 colours, chosen among its own, which is enough for pages of text."""

import base64
import struct
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

from playwright.async_api import Page

_PIXELS = """async (picture) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + picture;
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let text = '';
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
  return [image.width, btoa(text)];
}"""


async def smaller(picture: bytes, blank: Page) -> bytes:
    """Write a PNG anew. `blank` is any page that may show what comes with it."""
    width, pixels = await blank.evaluate(_PIXELS, base64.b64encode(picture).decode())
    colours = [colour for (colour,) in struct.iter_unpack(">I", base64.b64decode(pixels))]
    palette, chosen = _palette(Counter(colours))
    rows = (bytes(chosen[each] for each in colours[at : at + width]) for at in range(0, len(colours), width))
    size = struct.pack(">IIBBBBB", width, len(colours) // width, 8, 3, 0, 0, 0)  # eight bits, a palette
    shown = b"".join((each >> 8).to_bytes(3, "big") for each in palette)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    chunks = ((b"IHDR", size), (b"PLTE", shown), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _palette(found: Counter[int]) -> tuple[Sequence[int], Mapping[int, int]]:
    """Choose at most 256 colours, and for each that there is one of them: of those that are alike, the commonest."""
    coarse = 0
    while len({_cell(colour, coarse) for colour in found}) > 256:
        coarse += 1
    first: dict[int, int] = {}
    for colour, _ in found.most_common():
        first.setdefault(_cell(colour, coarse), colour)
    index = {cell: at for at, cell in enumerate(first)}
    return list(first.values()), {colour: index[_cell(colour, coarse)] for colour in found}


def _cell(colour: int, coarse: int) -> int:
    """Leave that many of the low bits of red, green and blue out, and opacity."""
    return colour & 0x01010100 * (0xFF << coarse & 0xFF)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

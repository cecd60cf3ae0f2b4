"""Makes a picture of a page small: a PNG of 256 colours (PNG Specification §11.2.2), which is
plenty for flat design. The browser that took the picture also finds its colours.
"""

import base64
import struct
import zlib

from playwright.sync_api import Page

# The most frequent colours that differ visibly; every other becomes the nearest of them.
_FIND = """async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 4) {
    const colour = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const apart = (one, two) => [16, 8, 0].reduce(
    (sum, shift) => sum + (((one >> shift) & 255) - ((two >> shift) & 255)) ** 2, 0);
  const palette = [];
  for (const [colour] of [...counts].sort((one, two) => two[1] - one[1])) {
    if (palette.length < 256 && palette.every((known) => apart(colour, known) > 20)) {
      palette.push(colour);
    }
  }
  const nearest = new Map();
  for (const colour of counts.keys()) {
    let best = 0;
    palette.forEach((known, index) => {
      if (apart(colour, known) < apart(colour, palette[best])) best = index;
    });
    nearest.set(colour, best);
  }
  let indexes = "";
  for (let at = 0; at < pixels.length; at += 4) {
    indexes += String.fromCharCode(
      nearest.get((pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2]));
  }
  return { width: image.width, height: image.height, palette, indexes: btoa(indexes) };
}"""


def reduced(png: bytes, page: Page) -> bytes:
    """Return the same picture in 256 colours; `page` is any page without a policy of its own."""
    found = page.evaluate(_FIND, "data:image/png;base64," + base64.b64encode(png).decode())
    width, height = found["width"], found["height"]
    indexes = base64.b64decode(found["indexes"])
    rows = (b"\0" + indexes[at : at + width] for at in range(0, width * height, width))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, content)
        for kind, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", b"".join(colour.to_bytes(3, "big") for colour in found["palette"])),
            (b"IDAT", zlib.compress(b"".join(rows), 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

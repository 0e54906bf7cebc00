"""Displays and results of cells as frames."""

import base64
import binascii
import threading
import time

from .origin import current_cell
from .values import Oversized, Plain, TooLarge, encoded as encoded_json, text_of

PART_BYTES_MAX = 8 << 20
RESULT_BYTES_MAX = 32 << 20
PARTS_MAX = 32
MIME_CHARACTERS_MAX = 128
ID_CHARACTERS_MAX = 128
UPDATE_SECONDS = 1 / 20
UPDATED_DISPLAYS_MAX = 64
_BINARY = ("image/", "audio/", "video/", "application/pdf", "application/octet-stream")


class Displays:
    """Sends displays within the limits of a cell, and at most 20 updates a second of each."""

    def __init__(self, channel, flush):
        self._channel = channel
        self._flush = flush
        self._bytes = 0
        self._sent = {}
        self._pending = {}
        self._lock = threading.RLock()

    def reset(self) -> None:
        self._bytes = 0
        self._sent.clear()

    def show(
        self, data: dict, display_id: str = "", update: bool = False, main: bool = False, last: bool = False
    ) -> None:
        """Sends one display, the last one of a cell with its end. Only the newest of many updates is sent."""
        display = (data, str(display_id or "")[:ID_CHARACTERS_MAX], update, main, current_cell(), last)
        with self._lock:
            if update and self._is_early(display):
                return
        self._send(*display)

    def _is_early(self, display) -> bool:
        display_id = display[1]
        now = time.monotonic()
        due = self._sent.get(display_id, -1.0) + UPDATE_SECONDS
        if now >= due:
            if len(self._sent) >= UPDATED_DISPLAYS_MAX:
                self._sent.clear()
            self._sent[display_id] = now
            self._pending.pop(display_id, None)
            return False
        if display_id not in self._pending:
            timer = threading.Timer(due - now, self._send_pending, [display_id])
            timer.daemon = True
            timer.start()
        self._pending[display_id] = display
        return True

    def _send_pending(self, display_id: str) -> None:
        with self._lock:
            display = self._pending.pop(display_id, None)
            self._sent[display_id] = time.monotonic()
        if display is not None:
            self._send(*display)

    def finish(self) -> None:
        """Sends the updates that wait, at the end of a cell."""
        for display_id in list(self._pending):
            self._send_pending(display_id)

    def _send(self, data, display_id, update, main, cell, last) -> None:
        self._flush()
        parts = []
        bodies = []
        for mime, value in list(data.items())[:PARTS_MAX]:
            mime = str(mime)[:MIME_CHARACTERS_MAX]
            body = encoded(mime, value)
            if isinstance(body, Oversized) or self._bytes + len(body) > RESULT_BYTES_MAX:
                size = body.size if isinstance(body, Oversized) else len(body)
                self._channel.send({"type": "dropped", "cell": cell, "mime": mime, "size": size})
                continue
            self._bytes += len(body)
            parts.append({"mime": mime, "size": len(body)})
            bodies.append(body)
        if parts:
            header = {"type": "display", "cell": cell, "parts": parts, "id": display_id, "update": update, "main": main}
            send = self._channel.send_with_next if last else self._channel.send
            send(header, *bodies)


def encoded(mime: str, value):
    """Returns the bytes of a part, or that it is too large. Images arrive as bytes, or as Base64 from objects that make their own
    bundle."""
    if isinstance(value, Oversized):
        return value
    if isinstance(value, (bytes, bytearray, str)):
        size = _size(value)
        return _bytes(mime, value) if size <= PART_BYTES_MAX else Oversized(size)
    try:
        # Each node takes two bytes at least.
        body = encoded_json(Plain(PART_BYTES_MAX // 2, PART_BYTES_MAX, text_of).copy(value))
    except TooLarge:
        return Oversized()
    return body if len(body) <= PART_BYTES_MAX else Oversized(len(body))


def _size(value) -> int:
    """Returns the size in bytes, without a copy of a large text."""
    if not isinstance(value, str) or str.isascii(value):
        return len(value)
    pieces = range(0, len(value), PART_BYTES_MAX)
    return sum(len(value[start : start + PART_BYTES_MAX].encode("utf-8", "replace")) for start in pieces)


def _bytes(mime: str, value) -> bytes:
    if not isinstance(value, str):
        return bytes(value)
    if mime.startswith(_BINARY) and not mime.endswith("+xml"):
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    return value.encode("utf-8", "replace")

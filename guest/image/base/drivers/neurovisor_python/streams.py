"""sys.stdout and sys.stderr of cells, and the answers to input()."""

import io
import os
import threading

from .origin import current_cell

PIECE_BYTES = 32 << 10
COALESCED_BYTES = 8 << 10


class TextBudget:
    """Counts the text of a cell. What exceeds the limit is counted and dropped, and the cell goes on."""

    BYTES_MAX = 64 << 20

    def __init__(self):
        self.used = 0
        self.dropped = 0

    def reset(self) -> None:
        self.used = self.dropped = 0

    def admit(self, data: bytes) -> bytes:
        admitted = data[: max(0, self.BYTES_MAX - self.used)]
        self.used += len(admitted)
        self.dropped += len(data) - len(admitted)
        return admitted


class CellStream(io.TextIOBase):
    """A standard stream whose text becomes frames: at the end of a line, after 8 KiB, and at the end of the cell."""

    def __init__(self, channel, budget: TextBudget, name: str, descriptor: int):
        self._channel = channel
        self._budget = budget
        self._stream = name
        self._descriptor = descriptor
        self._parts = []
        self._bytes = 0
        self._cell = 0

    name = property(lambda self: f"<{self._stream}>")
    encoding = property(lambda self: "utf-8")
    errors = property(lambda self: "backslashreplace")

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    @property
    def buffer(self):
        return _Bytes(self)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.write_bytes(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def write_bytes(self, data: bytes) -> None:
        # An interrupt in the middle would lose or repeat text.
        with self._channel.uninterrupted():
            cell = current_cell()
            if self._parts and cell != self._cell:
                self._send()
            self._cell = cell
            data = self._budget.admit(data)
            self._parts.append(data)
            self._bytes += len(data)
            if self._bytes >= COALESCED_BYTES or b"\n" in data or b"\r" in data:
                self._send()

    def flush(self) -> None:
        with self._channel.uninterrupted():
            self._send()

    def _send(self) -> None:
        # In one step, so that a signal handler that prints sends no text twice.
        parts, self._parts, self._bytes = self._parts, [], 0
        data = b"".join(parts)
        if not self._channel.is_open():
            # A forked child writes into the pipe, as a program does.
            if data:
                os.write(self._descriptor, data)
            return
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            self._channel.send({"type": "text", "stream": self._stream, "cell": self._cell}, piece)


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`."""

    def __init__(self, stream: CellStream):
        self._text = stream

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._text.fileno()

    def write(self, data) -> int:
        data = bytes(data)
        self._text.write_bytes(data)
        return len(data)

    def flush(self) -> None:
        self._text.flush()


class Input:
    """Answers input() by a client, if the cell allows it."""

    def __init__(self, channel, flush):
        self._channel = channel
        self._flush = flush
        self.allowed = False
        self.cell = 0

    def ask(self, prompt: str = "", /) -> str:
        __tracebackhide__ = True
        return self._answer(prompt, False)

    def ask_for_password(self, prompt: str = "Password: ", stream=None) -> str:
        __tracebackhide__ = True
        return self._answer(prompt, True)

    def _answer(self, prompt: str, password: bool) -> str:
        __tracebackhide__ = True
        is_main = threading.current_thread() is threading.main_thread()
        if not (self.allowed and is_main and self._channel.is_open()):
            raise EOFError("this cell was started without input")
        self._flush()
        shown = str(prompt)[:1024]
        self._channel.send({"type": "input", "cell": self.cell, "prompt": shown, "password": password})
        while True:
            header, body = self._channel.receive_now()
            if header.get("type") != "input" or header.get("cell") != self.cell:
                continue
            if header.get("end"):
                raise EOFError("no client answers")
            return body.decode("utf-8", "replace")

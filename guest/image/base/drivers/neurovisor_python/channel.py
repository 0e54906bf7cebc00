"""Frames between the driver and the guest agent: two lengths, a JSON header, and a body of bytes."""

import asyncio
import collections
import contextlib
import json
import os
import socket
import struct
import threading

LENGTHS = struct.Struct(">II")
READ_BYTES = 256 << 10
WRITE_BYTES = 128 << 10


def encoded_header(header: dict) -> bytes:
    """Returns JSON. Halves of surrogate pairs become question marks."""
    return json.dumps(header, ensure_ascii=False).encode("utf-8", "replace")


def _pieces(header: dict, parts: tuple) -> list:
    encoded = encoded_header(header)
    return [LENGTHS.pack(len(encoded), sum(map(len, parts))) + encoded, *parts]


class Channel:
    """A socket for frames, which any thread may send.

    A frame is never interrupted: an exception raised by a signal handler in the middle of one would leave half of it on the
    socket. `Interrupts` therefore waits while `depth` is above zero.
    """

    def __init__(self, descriptor: int):
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._owner = 0
        self._waiting = collections.deque()
        # Frames of the main thread that go with the next one.
        self._held = collections.deque()
        self._received = bytearray()
        self._main = threading.get_ident()
        # The frames that the main thread is sending.
        self.depth = 0
        self.after_frame = lambda: None

    def is_open(self) -> bool:
        """Returns whether this process may send: a child that was forked has the socket, too."""
        return os.getpid() == self._pid

    def send(self, header: dict, *parts: bytes) -> None:
        if not self.is_open():
            return
        pieces = _pieces(header, parts)
        with self.uninterrupted():
            self._send_pieces(pieces)

    def send_with_next(self, header: dict, *parts: bytes) -> None:
        """Sends a frame together with the next one, which wakes the agent once."""
        if self.is_open():
            self._held.append(_pieces(header, parts))

    @contextlib.contextmanager
    def uninterrupted(self):
        """Puts off interrupts of the main thread."""
        __tracebackhide__ = True
        is_main = threading.get_ident() == self._main
        if is_main:
            self.depth += 1
        try:
            yield
        finally:
            if is_main:
                self.depth -= 1
        if is_main and self.depth == 0:
            self.after_frame()

    def _send_pieces(self, pieces: list) -> None:
        own = threading.get_ident()
        if self._owner == own:
            # From a signal handler or a finalizer in the middle of a frame of the same thread.
            self._waiting.append(pieces)
            return
        with self._lock:
            self._owner = own
            try:
                self._write([*self._take_held(), *pieces])
                while self._waiting:
                    self._write(self._waiting.popleft())
            finally:
                self._owner = 0

    def _take_held(self):
        while self._held:
            yield from self._held.popleft()

    def _write(self, pieces: list) -> None:
        if sum(map(len, pieces)) <= WRITE_BYTES:
            pieces = [b"".join(pieces)]
        try:
            for piece in pieces:
                with memoryview(piece) as view:
                    for start in range(0, len(view), WRITE_BYTES):
                        self._socket.sendall(view[start : start + WRITE_BYTES])
        except OSError:
            # The agent has closed its end, or code of the user this one. Nothing can be reported any more.
            os._exit(70)

    def _take(self):
        """Returns a received frame, if it is complete."""
        if len(self._received) < LENGTHS.size:
            return None
        header_bytes, body_bytes = LENGTHS.unpack_from(self._received)
        body_start = LENGTHS.size + header_bytes
        end = body_start + body_bytes
        if len(self._received) < end:
            return None
        header = json.loads(self._received[LENGTHS.size : body_start])
        body = bytes(self._received[body_start:end])
        del self._received[:end]
        return header, body

    def _read(self, flags: int) -> bool:
        """Reads what is there. Returns whether anything was."""
        try:
            data = self._socket.recv(READ_BYTES, flags)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            os._exit(0)
        self._received += data
        return True

    def receive_now(self):
        """Waits for a frame. An interrupt ends the wait, and loses nothing of a frame."""
        while (frame := self._take()) is None:
            self._read(0)
        return frame

    async def receive(self):
        """Waits for a frame while tasks of the user run."""
        loop = asyncio.get_running_loop()
        while (frame := self._take()) is None:
            readable = loop.create_future()
            loop.add_reader(self._socket, lambda: readable.done() or readable.set_result(None))
            try:
                await readable
            finally:
                loop.remove_reader(self._socket)
            self._read(socket.MSG_DONTWAIT)
        return frame

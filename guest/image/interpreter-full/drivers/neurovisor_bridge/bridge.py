"""Runs cells with a kernel: what is asked for becomes messages to it, and its messages become frames."""

import os
import re
import signal
import socket
import sys
import time

import zmq
from neurovisor_python.channel import Channel
from neurovisor_python.displays import Displays
from neurovisor_python.origin import CELL
from neurovisor_python.streams import PIECE_BYTES, TextBudget

from .kernel import ALIVE_MILLISECONDS, Kernel

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CELLS_MAX = 64
# How long an idle kernel may owe its reply. Less than the agent gives a cell to end.
REPLY_SECONDS = 1
NAME_CHARACTERS_MAX = 256
VALUE_CHARACTERS_MAX = 4096
TRACEBACK_BYTES_MAX = 16 << 10


class Bridge:
    """Owns the socket and the kernel."""

    def __init__(self, descriptor: int, directory: str):
        self._channel = Channel(descriptor)
        self._kernel = Kernel(directory)
        self._displays = Displays(self._channel, lambda: None)
        self._budget = TextBudget()
        # The cells whose messages may still come, by the ids of their requests.
        self._cells = {}
        self._request = None
        self._input = self._failed = False
        self._wakes, wake = socket.socketpair()
        for end in (self._wakes, wake):
            end.setblocking(False)
        self._wake = wake

    def start(self) -> None:
        signal.signal(signal.SIGINT, lambda *_: None)
        # A signal wakes the loop that waits for messages.
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._kernel.start()
        self._channel.send({"type": "ready"})

    def serve(self) -> None:
        while True:
            header, body = self._channel.receive_now()
            if header.get("type") == "execute":
                self._execute(header, body.decode("utf-8", "replace"))
            elif header.get("type") == "inspect":
                # No message of Jupyter asks for variables.
                self._channel.send({"type": "variables", "id": header["id"], "variables": [], "truncated": False})

    def _execute(self, header: dict, code: str) -> None:
        cell = header["cell"]
        CELL.set(cell)
        self._budget.reset()
        self._displays.reset()
        self._failed = False
        count = 0
        if header.get("env") or header.get("cwd"):
            self._fail(cell, "CellNotStarted", "a kernel has the variables and the directory of its context")
        else:
            self._input = header.get("input", False)
            self._drain_wakes()
            client = self._kernel.client
            self._request = client.execute(code, allow_stdin=self._input, stop_on_error=False)
            self._cells[self._request] = cell
            if len(self._cells) > CELLS_MAX:
                del self._cells[next(iter(self._cells))]
            count = self._until_end(cell)
        self._displays.finish()
        self._channel.send(
            {"type": "ended", "cell": cell, "failed": self._failed, "count": count, "dropped": self._budget.dropped}
        )

    def _until_end(self, cell: int) -> int:
        """Passes messages on until the kernel has answered and is idle. Returns the number it gives the cell.

        A kernel becomes idle without an answer if a signal reaches it outside the code of the cell, for instance while
        it formats a traceback.
        """
        client = self._kernel.client
        poller = zmq.Poller()
        sources = (client.iopub_channel, client.stdin_channel, client.shell_channel)
        for source in (*(one.socket for one in sources), self._wakes):
            poller.register(source, zmq.POLLIN)
        reply = idle_since = None
        interrupted = False
        while reply is None or idle_since is None:
            ready = dict(poller.poll(ALIVE_MILLISECONDS))
            if self._wakes.fileno() in ready:
                self._drain_wakes()
                self._kernel.interrupt()
                interrupted = True
            if not ready:
                self._end_with_kernel()
            if client.iopub_channel.socket in ready and self._take(client.get_iopub_msg(timeout=0)):
                idle_since = time.monotonic()
            if client.stdin_channel.socket in ready:
                self._ask(cell, client.get_stdin_msg(timeout=0))
            if client.shell_channel.socket in ready:
                answer = client.get_shell_msg(timeout=0)
                if answer["parent_header"].get("msg_id") == self._request:
                    reply = answer["content"]
            if reply is None and idle_since is not None and time.monotonic() - idle_since > REPLY_SECONDS:
                name = "KeyboardInterrupt" if interrupted else "NoReply"
                reply = {"ename": name, "evalue": "the kernel has not answered"}
        if reply.get("status") != "ok" and not self._failed:
            # Such as "aborted", for which there is no message.
            self._fail(cell, str(reply.get("ename") or "Aborted"), str(reply.get("evalue") or reply.get("status")))
        count = reply.get("execution_count")
        return count if isinstance(count, int) and count >= 0 else 0

    def _drain_wakes(self) -> None:
        try:
            while self._wakes.recv(64):
                pass
        except BlockingIOError:
            pass

    def _end_with_kernel(self) -> None:
        code = self._kernel.exit_code()
        if code is not None:
            os._exit(code)

    def _take(self, message: dict) -> bool:
        """Passes on a message that all clients of a kernel get. Returns whether the running cell has become idle."""
        kind, content = message["msg_type"], message["content"]
        request = message["parent_header"].get("msg_id")
        cell = self._cells.get(request, 0)
        if kind == "stream":
            self._text(cell, content["name"], content["text"])
        elif kind in ("display_data", "execute_result", "update_display_data"):
            shown = str(content.get("transient", {}).get("display_id", ""))
            CELL.set(cell)
            self._displays.show(content["data"], shown, kind == "update_display_data", kind == "execute_result")
        elif kind == "error":
            self._fail(cell, content["ename"], content["evalue"], content["traceback"])
        return kind == "status" and content["execution_state"] == "idle" and request == self._request

    def _text(self, cell: int, stream: str, text: str) -> None:
        data = self._budget.admit(text.encode("utf-8", "replace"))
        name = "stderr" if stream == "stderr" else "stdout"
        for start in range(0, len(data), PIECE_BYTES):
            self._channel.send({"type": "text", "stream": name, "cell": cell}, data[start : start + PIECE_BYTES])

    def _fail(self, cell: int, name: str, value: str, traceback=()) -> None:
        self._failed = True
        text = _ANSI.sub("", "\n".join(map(str, traceback)) or f"{name}: {value}") + "\n"
        header = {"type": "error", "cell": cell, "name": str(name)[:NAME_CHARACTERS_MAX], "frames": []}
        header["value"] = _ANSI.sub("", str(value))[:VALUE_CHARACTERS_MAX]
        self._channel.send(header, text.encode("utf-8", "replace")[-TRACEBACK_BYTES_MAX:])

    def _ask(self, cell: int, message: dict) -> None:
        """Answers input of the kernel by a client. An interrupt ends the wait."""
        content = message["content"]
        asked = {"type": "input", "cell": cell, "prompt": str(content.get("prompt", ""))[:1024]}
        self._channel.send({**asked, "password": bool(content.get("password"))})
        while True:
            header, body = self._channel.receive_now()
            kind, of_cell = header.get("type"), header.get("cell") == cell
            if kind == "interrupt" and of_cell:
                self._kernel.interrupt()
                return
            if kind == "input" and of_cell:
                # Kernels know no end of the input.
                self._kernel.client.input(body.decode("utf-8", "replace"))
                return


def main() -> None:
    # Another number than 0, closed in the kernel. Standard input is empty.
    descriptor = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    bridge = Bridge(descriptor, sys.argv[1])
    bridge.start()
    bridge.serve()

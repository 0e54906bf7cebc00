"""Runs the cells of the table with the driver and with ipykernel, and prints the differences as lines `cell: what`.

The arguments are the table and the driver.
"""

import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys

from jupyter_client.manager import start_new_kernel

LENGTHS = struct.Struct(">II")
SECONDS = 60
# In both directions: what has another value in each run, or in each interpreter.
ANSI = re.compile(r"\x1b\[[0-9;]*m")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
PATH = re.compile(r"/[^ :\n]*/ipykernel_\d+/\d+\.py|\b\d{6,}\.py|<cell \d+>")


def cells(path: str) -> list:
    found = []
    for line in open(path, encoding="utf-8"):
        if line.startswith("== "):
            found.append((line[3:].strip(), []))
        elif found:
            found[-1][1].append(line)
    return [(name, "".join(lines).rstrip("\n")) for name, lines in found]


class Seen:
    """What a client sees of a cell."""

    def __init__(self):
        self.text = {"stdout": "", "stderr": ""}
        self.shown = []
        self.error = None
        self.count = 0

    def lines(self) -> dict:
        displays = [f"{kind} {mime} {body}" for kind, parts in self.shown for mime, body in sorted(parts.items())]
        return {**self.text, "displays": displays, "error": self.error, "count": self.count}


def same(value: str) -> str:
    return PATH.sub("<cell>", ADDRESS.sub("0x", ANSI.sub("", value)))


class Driver:
    def __init__(self, path: str):
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(SECONDS)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen([sys.executable, path], stdin=theirs, **pipes)
        theirs.close()
        self._source = self._socket.makefile("rb")
        self._receive()

    def _receive(self):
        header, body = LENGTHS.unpack(self._source.read(LENGTHS.size))
        return json.loads(self._source.read(header)), self._source.read(body)

    def run(self, number: int, code: str) -> Seen:
        request = json.dumps({"type": "execute", "cell": number}).encode()
        self._socket.sendall(LENGTHS.pack(len(request), len(code.encode())) + request + code.encode())
        seen = Seen()
        while True:
            header, body = self._receive()
            kind = header["type"]
            if kind == "ended":
                self._read_pipes(seen)
                seen.count = header["count"]
                return seen
            if kind == "text":
                seen.text[header["stream"]] += body.decode()
            elif kind == "error":
                seen.error = (header["name"], header["value"])
            elif kind == "display":
                parts = {}
                for part in header["parts"]:
                    data, body = body[: part["size"]], body[part["size"] :]
                    parts[part["mime"]] = data
                seen.shown.append(("update" if header["update"] else "result" if header["main"] else "display", parts))

    def _read_pipes(self, seen: Seen) -> None:
        for name in ("stdout", "stderr"):
            pipe = getattr(self._process, name).fileno()
            os.set_blocking(pipe, False)
            try:
                seen.text[name] += os.read(pipe, 1 << 20).decode()
            except BlockingIOError:
                pass

    def end(self) -> None:
        self._source.close()
        self._socket.close()
        self._process.wait(SECONDS)


class Kernel:
    def __init__(self):
        self._manager, self._client = start_new_kernel(kernel_name="python3", **self._silent())

    @staticmethod
    def _silent() -> dict:
        """Programs also write into what a kernel has been started with."""
        return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "extra_arguments": ["--colors=NoColor"]}

    def run(self, _: int, code: str) -> Seen:
        seen = Seen()
        kinds = {"display_data": "display", "execute_result": "result", "update_display_data": "update"}

        def take(message):
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                seen.text[content["name"]] += content["text"]
            elif kind == "error":
                seen.error = (content["ename"], content["evalue"])
            elif kind in kinds:
                seen.shown.append((kinds[kind], {mime: body_of(mime, data) for mime, data in content["data"].items()}))

        reply = self._client.execute_interactive(
            code, allow_stdin=False, stop_on_error=False, timeout=SECONDS, output_hook=take
        )
        seen.count = reply["content"]["execution_count"]
        return seen

    def end(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def body_of(mime: str, data) -> bytes:
    if not isinstance(data, str):
        return json.dumps(data, separators=(",", ":")).encode()
    is_binary = mime.startswith("image/") and not mime.endswith("+xml")
    return base64.b64decode(data) if is_binary else data.encode()


def comparable(seen: Seen) -> dict:
    found = {"stdout": same(seen.text["stdout"]), "stderr": same(seen.text["stderr"]), "count": seen.count}
    found["error"] = None if seen.error is None else tuple(map(same, seen.error))
    for index, (kind, parts) in enumerate(seen.shown):
        found[f"display {index}"] = kind
        for mime, body in parts.items():
            # Two drawings of a figure are the same picture in other bytes only if fonts differ.
            found[f"display {index} {mime}"] = same(body.decode("utf-8", "replace"))
    return found


def main() -> None:
    table, path = sys.argv[1:]
    driver, kernel = Driver(path), Kernel()
    compared = 0
    for number, (name, code) in enumerate(cells(table), 1):
        ours, theirs = comparable(driver.run(number, code)), comparable(kernel.run(number, code))
        compared += 1
        for key in sorted({*ours, *theirs}):
            if ours.get(key) != theirs.get(key):
                print(f"{name}: {key}")
                print(f"  {name}: {key}: driver {ours.get(key)!r:.300}, ipykernel {theirs.get(key)!r:.300}", file=sys.stderr)
    driver.end()
    kernel.end()
    print(compared, "cells")


if __name__ == "__main__":
    main()

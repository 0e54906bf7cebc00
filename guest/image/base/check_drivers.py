"""Runs cells with the installed drivers, so that an image whose libraries do not work with them is not built.

Images that add drivers use what is here.
"""

import json
import os
import socket
import struct
import subprocess
import sys

DRIVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drivers")
LENGTHS = struct.Struct(">II")


class Driver:
    def __init__(self, *command: str):
        self._connection, theirs = socket.socketpair()
        self._connection.settimeout(600)
        self._process = subprocess.Popen(command, stdin=theirs)
        theirs.close()
        self._source = self._connection.makefile("rb")
        self.ready, _ = self._receive()
        assert self.ready["type"] == "ready", self.ready

    def _receive(self) -> tuple:
        header_bytes, body_bytes = LENGTHS.unpack(self._source.read(LENGTHS.size))
        return json.loads(self._source.read(header_bytes)), self._source.read(body_bytes)

    def _request(self, cell: int, code: bytes) -> bytes:
        header = json.dumps({"type": "execute", "cell": cell, "env": {}, "cwd": ""}).encode()
        return LENGTHS.pack(len(header), len(code)) + header + code

    def run(self, cell: int, code: str) -> list:
        self._connection.sendall(self._request(cell, code.encode()))
        frames = []
        while not frames or frames[-1][0]["type"] != "ended":
            frames.append(self._receive())
        return frames

    def end(self) -> None:
        self._source.close()
        self._connection.close()
        self._process.wait(60)


class Shell(Driver):
    def _request(self, cell: int, code: bytes) -> bytes:
        return b"\0".join([b"execute", str(cell).encode(), b"", b"0", str(len(code)).encode(), code, b""])


def error(frames: list, name: str, line: int) -> None:
    found = next(header for header, _ in frames if header["type"] == "error")
    assert found["name"] == name and found["frames"][-1]["line"] == line, found


def result(frames: list, body: bytes) -> None:
    assert next(found for header, found in frames if header["type"] == "display") == body, frames


def types(frames: list) -> list:
    displays = [header for header, _ in frames if header["type"] == "display"]
    return [part["mime"] for part in displays[-1]["parts"]]


def main() -> None:
    python = Driver(sys.executable, os.path.join(DRIVERS, "python.py"))
    shown = python.run(1, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone")
    assert types(shown) == ["text/plain", "image/png", "application/vnd.neurovisor.chart+json"], shown
    shown = python.run(2, "import nbformat, pandas\npandas.DataFrame({'a': [1]})")
    assert types(shown) == ["text/plain", "text/html", "application/vnd.neurovisor.data+json"], shown
    error(python.run(3, "\n1/0"), "ZeroDivisionError", 2)
    shown = python.run(4, "from PIL import Image\nImage.new('RGB', (2, 2)).save('saved.png')")
    assert "image/png" in types(shown), shown
    python.end()

    javascript = Driver("sh", os.path.join(DRIVERS, "node.sh"), "javascript")
    result(javascript.run(1, "import { join } from 'node:path'\nawait join('a', 'b')"), b"'a/b'")
    error(javascript.run(2, "\nnull.x"), "TypeError", 2)
    javascript.end()

    typescript = Driver("sh", os.path.join(DRIVERS, "node.sh"), "typescript")
    result(typescript.run(1, "enum Size { Small = 3 }\nconst size: Size = Size.Small\nsize"), b"3")
    error(typescript.run(2, "type T = 1\n\nnull.x"), "TypeError", 3)
    typescript.end()

    bash = Shell("bash", os.path.join(DRIVERS, "bash.sh"))
    assert len(bash.run(1, "x=3; [[ $x == 3 ]]")) == 1
    error(bash.run(2, "set -e\nfalse"), "ExitStatus", 2)
    bash.end()


if __name__ == "__main__":
    main()

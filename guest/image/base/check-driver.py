"""Runs cells with the installed driver, so that an image whose IPython does not work with it is not built."""

import json
import socket
import struct
import subprocess
import sys

LENGTHS = struct.Struct(">II")


def receive(source) -> tuple:
    header_bytes, body_bytes = LENGTHS.unpack(source.read(LENGTHS.size))
    return json.loads(source.read(header_bytes)), source.read(body_bytes)


def run(connection, source, cell: int, code: str) -> list:
    header = json.dumps({"type": "execute", "cell": cell}).encode()
    connection.sendall(LENGTHS.pack(len(header), len(code)) + header + code.encode())
    frames = []
    while not frames or frames[-1][0]["type"] != "ended":
        frames.append(receive(source))
    return frames


def types(frames: list) -> list:
    displays = [header for header, _ in frames if header["type"] == "display"]
    return [part["mime"] for part in displays[-1]["parts"]]


def main() -> None:
    connection, driver = socket.socketpair()
    connection.settimeout(600)
    with subprocess.Popen([sys.executable, sys.argv[1]], stdin=driver) as process:
        driver.close()
        source = connection.makefile("rb")
        ready, _ = receive(source)
        assert ready == {"type": "ready"}, ready
        result = run(connection, source, 1, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone")
        expected = ["text/plain", "image/png", "application/vnd.neurovisor.chart+json"]
        assert types(result) == expected, result
        result = run(connection, source, 2, "import nbformat, pandas\npandas.DataFrame({'a': [1]})")
        expected = ["text/plain", "text/html", "application/vnd.neurovisor.data+json"]
        assert types(result) == expected, result
        failed = run(connection, source, 3, "\n1/0")
        error = next(header for header, _ in failed if header["type"] == "error")
        assert error["name"] == "ZeroDivisionError" and error["frames"][0]["line"] == 2, error
        source.close()
        connection.close()
        assert process.wait(60) == 0


if __name__ == "__main__":
    main()

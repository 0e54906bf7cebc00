#!/usr/bin/env python3
"""The floor under a Firecracker clone: process start, snapshot load, and the guest agent's answer to Hello, with nothing
between but what is necessary. Prints the median of COUNT runs in milliseconds.

  firecracker-floor.py bare|jailed TEMPLATE ROOTFS COUNT   (as root, firecracker and jailer in PATH)
"""

import http.client
import json
import os
import shutil
import socket
import stat
import statistics
import subprocess
import sys
import tempfile
import time

FAILED = "the guest did not answer"
UID = 2000002000
# As the product limits a Firecracker.
LIMITS = ["memory.max=400M", "memory.swap.max=0", "memory.oom.group=1", "pids.max=17", "cpu.max=150000 100000"]


class Api(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def request_json(self, method, path, body):
        self.request(method, path, json.dumps(body))
        answer = self.getresponse()
        text = answer.read()
        if answer.status != 204:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def text(value):
    return bytes([len(value)]) + value.encode()


def hello():
    """One gRPC call without arguments, as HTTP/2 has it."""
    headers = b"\x83\x86\x04" + text("/neurovisor.guest.GuestService/Hello") + b"\x01" + text("guest")
    headers += b"\x0f\x10" + text("application/grpc") + b"\x00" + text("te") + text("trailers")
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(4, 0, 0, b"")
        + frame(1, 4, 1, headers)
        + frame(0, 1, 1, bytes(5))
    )


def answers(path):
    """Whether the agent answers a connection; the first after a restore is usually reset."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(path)
        connection.sendall(b"CONNECT 6000\n")
        stream = connection.makefile("rb")
        try:
            if not stream.readline().startswith(b"OK "):
                return False
            connection.sendall(hello())
            while len(header := stream.read(9)) == 9:
                payload = stream.read(int.from_bytes(header[:3], "big"))
                if header[3] == 0 and len(payload) > 5:
                    return True
        except TimeoutError:
            pass  # A reset that the guest never told; another connection fares better.
        return False


def command(mode, directory, root):
    """What is started, and what the new process does before."""
    if mode == "bare":
        # Where the saved machine finds its files by the paths that it was saved with, and nothing else that a jailer does.
        os.mkdir(os.path.join(root, "dev"))
        os.mknod(os.path.join(root, "dev/kvm"), 0o600 | stat.S_IFCHR, os.stat("/dev/kvm").st_rdev)
        shutil.copy(shutil.which("firecracker"), root)
        return ["/firecracker", "--api-sock", "/a", "--level", "Warn"], lambda: (os.chroot(root), os.chdir("/"))
    words = ["setpriv", "--no-new-privs", shutil.which("jailer"), "--id", "floor", "--uid", str(UID), "--gid", str(UID)]
    words += ["--exec-file", shutil.which("firecracker"), "--chroot-base-dir", directory, "--new-pid-ns"]
    words += ["--cgroup-version", "2", "--parent-cgroup", "floor"]
    for limit in LIMITS:
        words += ["--cgroup", limit]
    namespaces = os.CLONE_NEWNET | os.CLONE_NEWIPC | os.CLONE_NEWUTS
    return words + ["--", "--api-sock", "/a", "--level", "Warn"], lambda: os.unshare(namespaces)


def run(mode, template, rootfs, directory):
    root = os.path.join(directory, "firecracker/floor/root")
    began = time.monotonic()
    os.makedirs(root)
    for file in ("state", "memory"):
        os.link(os.path.join(template, file), os.path.join(root, file))
    os.link(rootfs, os.path.join(root, "rootfs"))
    words, before = command(mode, directory, root)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=before)
    api = Api(os.path.join(root, "a"))
    while True:
        try:
            api.connect()
            break
        except OSError:
            time.sleep(0.002)
    api.request_json("PUT", "/snapshot/load", {
        "snapshot_path": "/state", "mem_backend": {"backend_type": "File", "backend_path": "/memory"}, "resume_vm": True})
    for _ in range(100):
        if answers(os.path.join(root, "v")):
            break
    else:
        sys.exit(FAILED)
    taken = (time.monotonic() - began) * 1000
    if mode == "jailed":
        with open("/sys/fs/cgroup/floor/floor/cgroup.kill", "w") as kill:
            kill.write("1")
    process.kill()
    process.wait()
    while mode == "jailed":
        try:
            os.rmdir("/sys/fs/cgroup/floor/floor")
            break
        except OSError:
            time.sleep(0.002)
    shutil.rmtree(directory)
    return taken


def main():
    mode, template, rootfs, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    base = os.path.dirname(os.path.abspath(template))
    taken = []
    for _ in range(count):
        taken.append(run(mode, template, rootfs, tempfile.mkdtemp(prefix=".floor", dir=base)))
    if mode == "jailed":
        os.rmdir("/sys/fs/cgroup/floor")
    print(f"{statistics.median(taken):.1f}")


if __name__ == "__main__":
    main()

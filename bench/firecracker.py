#!/usr/bin/env python3
"""Compares Firecracker clones of the product's driver with the bare sequence: process start, snapshot load, and the guest
agent's answer to Hello, with only the necessary steps, in the jailer (the floor) and without it. Then compares a program in a
fresh clone, and in a primed idle machine, there also with a plain process, and the memory of such a machine's VMM. Contenders
take turns. Prints medians, writes each value to FILE, and ends with 1 if the driver takes more than MOST times the floor.

  firecracker.py ROUNDS FILE FLOOR JAVA...   (called by firecracker.sh; JAVA... runs FirecrackerRestore.java)
"""

import datetime
import http.client
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time

FAILED = "the guest did not answer"
SIZE, MOST = "small", 1.2
# Rehearsals of the driver alone, until its JVM has compiled its code; then of all contenders.
ALONE, REHEARSALS = 40, 2
OURS, JAILED, BARE, PLAIN = "NeuroVisor", "bare sequence in the jailer", "bare sequence without the jailer", "plain process"
FULL = "full snapshot in the jailer"
LOADED, ANSWERED = "Firecracker restore until it is loaded", "Firecracker restore to answer"
FRESH, WARM, MEMORY = "Firecracker fresh clone", "Firecracker warm python", "Firecracker memory of a machine"
SAVED, RESUMED = "Firecracker checkpoint until it is saved", "Firecracker checkpoint, restore to answer"
SCENARIOS = [LOADED, ANSWERED, FRESH, WARM, MEMORY, SAVED, RESUMED]
# The same rest as in ./neurovisor bench and in FirecrackerRestore.java.
REST_SECONDS = 1
UID = 2000002000
# The limits that the product sets for a Firecracker of that size.
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
    """One gRPC call without arguments, as HTTP/2 frames."""
    headers = b"\x83\x86\x04" + text("/neurovisor.guest.GuestService/Hello") + b"\x01" + text("guest")
    headers += b"\x0f\x10" + text("application/grpc") + b"\x00" + text("te") + text("trailers")
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(4, 0, 0, b"")
        + frame(1, 4, 1, headers)
        + frame(0, 1, 1, bytes(5))
    )


def answers(path):
    """Returns whether the agent answers a connection; the first one after a restore is usually reset."""
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
            pass  # The connection was reset; the next one may succeed.
        return False


def command(mode, directory, root):
    """Returns the command, and the function that the new process runs before it."""
    if mode == "bare":
        # A directory in which the saved paths of the machine are valid; nothing else of a jail.
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


class Clone:
    """A clone of the saved machine, by the bare sequence; it was loaded `loaded` milliseconds after `began`."""

    def __init__(self, mode, template, rootfs, directory):
        self.mode, self.directory = mode, directory
        self.root = root = root_of(directory)
        self.began = time.monotonic()
        os.makedirs(root)
        for file in ("state", "memory"):
            os.link(os.path.join(template, file), os.path.join(root, file))
        os.link(rootfs, os.path.join(root, "rootfs"))
        words, before = command(mode, directory, root)
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=before)
        api = Api(os.path.join(root, "a"))
        while True:
            try:
                api.connect()
                break
            except OSError:
                time.sleep(0.002)
        api.request_json("PUT", "/snapshot/load", {
            "snapshot_path": "/state", "mem_backend": {"backend_type": "File", "backend_path": "/memory"}, "resume_vm": True})
        self.loaded = since(self.began)

    def answered(self):
        for _ in range(100):
            if answers(socket_of(self.directory)):
                return since(self.began)
        sys.exit(FAILED)

    def mebibytes(self):
        """Reads the memory of the process whose id the jailer has written."""
        with open(os.path.join(self.root, "firecracker.pid")) as noted:
            return int(field(f"/proc/{noted.read().strip()}/smaps_rollup", "Pss:").split()[0]) / 1024

    def end(self):
        if self.mode == "jailed":
            # Otherwise a process that has used up its share lives on for minutes after its kill.
            for name, value in (("cpu.max", "max"), ("cgroup.kill", "1")):
                with open(f"/sys/fs/cgroup/floor/floor/{name}", "w") as control:
                    control.write(value)
        self.process.kill()
        self.process.wait()
        while self.mode == "jailed":
            try:
                os.rmdir("/sys/fs/cgroup/floor/floor")
                break
            except OSError:
                time.sleep(0.002)
        shutil.rmtree(self.directory)


class Guest:
    """The agent of a clone, called by the floor program, which is started beforehand."""

    def __init__(self, floor, directory):
        words = [floor, "guest", socket_of(directory), "--code", "print(6*7)"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def do(self, step):
        self.process.stdin.write(step + "\n")
        if self.process.stdout.readline() != step + "\n":
            sys.exit(f"{FAILED}: {step}")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def root_of(directory):
    return os.path.join(directory, "firecracker/floor/root")


def socket_of(directory):
    return os.path.join(root_of(directory), "v")


def restore(mode, template, rootfs, directory):
    clone = Clone(mode, template, rootfs, directory)
    answered = clone.answered()
    clone.end()
    return clone.loaded, answered


def full_snapshot(template, rootfs, directories):
    """Saves a clone with all of its memory, and restores it."""
    clone = Clone("jailed", template, rootfs, directories())
    clone.answered()
    api = Api(os.path.join(clone.root, "a"))
    began = time.monotonic()
    api.request_json("PATCH", "/vm", {"state": "Paused"})
    api.request_json("PUT", "/snapshot/create", {
        "snapshot_type": "Full", "snapshot_path": "/full.state", "mem_file_path": "/full.memory"})
    saved = since(began)
    kept = directories()
    for file in ("state", "memory"):
        os.link(os.path.join(clone.root, "full." + file), os.path.join(kept, file))
        os.chmod(os.path.join(kept, file), 0o444)
    clone.end()
    answered = restore("jailed", kept, rootfs, directories())[1]
    shutil.rmtree(kept)
    return saved, answered


def fresh(floor, template, rootfs, directory):
    guest = Guest(floor, directory)
    clone = Clone("jailed", template, rootfs, directory)
    guest.do("connect")
    guest.do("execute")
    taken = since(clone.began)
    guest.end()
    clone.end()
    return [taken]


def warm(floor, template, rootfs, directory):
    guest = Guest(floor, directory)
    clone = Clone("jailed", template, rootfs, directory)
    guest.do("connect")
    guest.do("prime")
    time.sleep(REST_SECONDS)
    began = time.monotonic()
    guest.do("execute")
    taken = since(began)
    mebibytes = clone.mebibytes()
    guest.end()
    clone.end()
    return taken, mebibytes


def since(began):
    return (time.monotonic() - began) * 1000


def plain_process():
    began = time.monotonic()
    if subprocess.run(["python3", "-c", "print(6*7)"], check=True, stdout=subprocess.PIPE).stdout != b"42\n":
        sys.exit("the answer is another")
    return [since(began)]


def percentile(values, percent):
    return sorted(values)[-(-len(values) * percent // 100) - 1] if values else None


class Series:
    """The values of each contender; one attempt yields values of several scenarios."""

    def __init__(self):
        self.all = []

    def in_turn(self, rounds, contenders):
        """Runs the contenders in turn. `contenders` maps each name to its scenarios and its attempt."""
        series = {name: [new_series(scenario, name) for scenario in scenarios] for name, (scenarios, _) in contenders.items()}
        self.all += sorted((one for its in series.values() for one in its), key=lambda one: SCENARIOS.index(one["scenario"]))
        for number in range(-REHEARSALS, rounds):
            print(f"{self.all[-1]['scenario']}: round {number}", file=sys.stderr)
            for name, (_, attempt) in contenders.items():
                taken = attempt()
                for one, value in zip(series[name], taken or [None] * len(series[name])):
                    if number >= 0 and value is None:
                        one["failed"] += 1
                    elif number >= 0:
                        one["values"].append(round(value, 3))

    def finish(self):
        for one in self.all:
            values = one.pop("values")
            one |= {"n": len(values)} | {f"p{p}": percentile(values, p) for p in (50, 95, 99)} | {"values": values}
            print(f"{one['scenario']:40} {one['contender']:34} p50 {one['p50']} {one['unit']}, n {one['n']}, failed {one['failed']}")

    def target(self, what, scenario, contender):
        """Compares the product's median with that of the contender."""
        median = {one["contender"]: one["p50"] for one in self.all if one["scenario"] == scenario}
        value = round(median[OURS] / median[contender], 3)
        verdict = "met" if value <= MOST else "missed"
        print(f"{what}: {value:.2f}, at most {MOST}, {verdict}")
        return {"size": SIZE, "what": what, "value": value, "unit": "x", "at_most": MOST, "verdict": verdict}


def new_series(scenario, contender):
    return {"size": SIZE, "scenario": scenario, "contender": contender, "unit": "MiB" if scenario == MEMORY else "ms", "failed": 0, "values": []}


def field(file, name):
    with open(file) as lines:
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(name))


def main():
    rounds, file, floor, java = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
    began, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0]
    driver = subprocess.Popen(java, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    version, vmm, template, rootfs = [driver.stdout.readline().rstrip("\n") for _ in range(4)]
    if not rootfs:
        sys.exit("the driver has ended")
    base = os.path.dirname(os.path.abspath(template))

    def ours(turn):
        driver.stdin.write(turn + "\n")
        answer = driver.stdout.readline().split()
        if not answer:
            sys.exit("the driver has ended")
        return None if answer == ["failed"] else [float(word) for word in answer]

    def directory():
        return tempfile.mkdtemp(prefix=".floor", dir=base)

    series = Series()
    for number in range(ALONE):
        print(f"rehearsal {number} of the driver", file=sys.stderr)
        ours("restore")
    series.in_turn(rounds, {
        OURS: ([LOADED, ANSWERED], lambda: ours("restore")),
        JAILED: ([LOADED, ANSWERED], lambda: restore("jailed", template, rootfs, directory())),
        BARE: ([LOADED, ANSWERED], lambda: restore("bare", template, rootfs, directory()))})
    series.in_turn(rounds, {
        OURS: ([SAVED, RESUMED], lambda: ours("checkpoint")),
        FULL: ([SAVED, RESUMED], lambda: full_snapshot(template, rootfs, directory))})
    series.in_turn(rounds, {
        OURS: ([FRESH], lambda: ours("fresh")),
        JAILED: ([FRESH], lambda: fresh(floor, template, rootfs, directory()))})
    series.in_turn(rounds, {
        OURS: ([WARM, MEMORY], lambda: ours("warm")),
        JAILED: ([WARM, MEMORY], lambda: warm(floor, template, rootfs, directory())),
        PLAIN: ([WARM], plain_process)})
    os.rmdir("/sys/fs/cgroup/floor")
    driver.stdin.close()
    driver.wait()
    series.finish()
    target = series.target("Firecracker restore to answer, beside the bare sequence in the jailer", ANSWERED, JAILED)
    machine = {
        "processor": field("/proc/cpuinfo", "model name"), "processors": os.cpu_count(),
        "memory_mib": int(field("/proc/meminfo", "MemTotal").split()[0]) // 1024, "kernel": os.uname().release,
        # In the lab KVM itself is emulated, so that only ratios are meaningful.
        "lab": "NEUROVISOR_IN_LAB" in os.environ, "load_before": load, "load_after": os.getloadavg()[0]}
    seconds = round((datetime.datetime.now(datetime.timezone.utc) - began).total_seconds())
    report = {"version": version, "began": began.isoformat(), "seconds": seconds, "vmm": f"{vmm} (kvm), image base",
              "machine": machine, "series": series.all, "targets": [target]}
    with open(file, "w") as out:
        # Writes the values of a contender on one line.
        out.write(re.sub(r"\[[\s\d.,]+\]", lambda found: " ".join(found[0].split()), json.dumps(report, indent=2)) + "\n")
    sys.exit(target["verdict"] == "missed")


if __name__ == "__main__":
    main()

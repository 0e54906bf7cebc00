"""Uses a sandbox in twelve steps with E2B's client for Python, and prints "ok STEP" for each, or "absent STEP" if this version
of the client has no such method; the first failure ends it."""

import inspect
import time

from e2b import CommandExitException, PtySize, Sandbox


def create():
    options = {"timeout": 600, "metadata": {"k": "v"}, "envs": {"A": "1"}}
    # The first versions have a constructor, and send no token unless it is asked to.
    sandbox = Sandbox.create(**options) if hasattr(Sandbox, "create") else Sandbox(**options, secure=True)
    assert sandbox.is_running()
    assert sandbox.get_info().metadata == {"k": "v"}
    return sandbox


def run(sandbox):
    assert sandbox.commands.run("echo $A").stdout == "1\n"
    try:
        sandbox.commands.run("exit 3")
    except CommandExitException as end:
        assert end.exit_code == 3
    else:
        raise AssertionError("a command that fails raises nothing")


def background(sandbox):
    command = sandbox.commands.run("sleep 100", background=True)
    assert command.pid in [process.pid for process in sandbox.commands.list()]
    assert sandbox.commands.kill(command.pid)
    try:
        command.wait()
    except CommandExitException:
        return
    raise AssertionError("a killed command raises nothing")


def stdin(sandbox):
    # The first versions have no such option, and the input of a command is always open.
    options = {"stdin": True} if "stdin" in inspect.signature(sandbox.commands.run).parameters else {}
    command = sandbox.commands.run("read a; echo got $a", background=True, **options)
    sandbox.commands.send_stdin(command.pid, "x y\n")
    assert command.wait().stdout == "got x y\n"


def files(sandbox):
    sandbox.files.write("d/n", "41")
    assert sandbox.files.read("d/n") == "41"
    assert [entry.name for entry in sandbox.files.list("d")] == ["n"]
    sandbox.files.rename("d/n", "d/m")
    assert sandbox.files.get_info("d/m").size == 2
    sandbox.files.make_dir("e")
    sandbox.files.remove("e")
    assert not sandbox.files.exists("e")
    content = bytes(range(256)) * 4096
    sandbox.files.write("large", content)
    assert bytes(sandbox.files.read("large", format="bytes")) == content
    options = inspect.signature(sandbox.files.write).parameters
    if "metadata" in options:
        sandbox.files.write("noted", "1", metadata={"author": "me"})
        assert sandbox.files.get_info("noted").metadata == {"author": "me"}
    if "gzip" in options:
        sandbox.files.write("small", "zip" * 1000, gzip=True)
        assert sandbox.files.read("small", gzip=True) == "zip" * 1000


def watch(sandbox):
    watched = sandbox.files.watch_dir("d")
    sandbox.files.write("d/new", "1")
    events, end = [], time.monotonic() + 60
    while not events and time.monotonic() < end:
        events += watched.get_new_events()
    assert "new" in [event.name for event in events]
    watched.stop()


def pty(sandbox):
    output = []
    terminal = sandbox.pty.create(PtySize(rows=24, cols=80))
    sandbox.pty.send_stdin(terminal.pid, b"echo $((40+2)); stty size; exit\n")
    terminal.wait(on_pty=output.append)
    assert b"42" in b"".join(output)
    assert b"24 80" in b"".join(output)


def pause(sandbox):
    sandbox.pause()
    assert sandbox.get_info().state.value == "paused"


def connect(sandbox):
    again = Sandbox.connect(sandbox.sandbox_id, **({"timeout": 600} if hasattr(Sandbox, "create") else {}))
    assert again.files.read("d/m") == "41"
    return again


def snapshot(sandbox):
    taken = sandbox.create_snapshot()
    second = Sandbox.create(taken.snapshot_id, timeout=300)
    assert second.files.read("d/m") == "41"
    second.kill()
    Sandbox.delete_snapshot(taken.snapshot_id)


def fork(sandbox):
    for copy in sandbox.fork(count=2):
        assert copy.files.read("d/m") == "41"
        copy.kill()


def kill(sandbox):
    # The first versions return None.
    assert sandbox.kill() is not False
    assert not sandbox.is_running()


def main():
    sandbox = create()
    print("ok create", flush=True)
    methods = {"pause": "pause", "snapshot": "create_snapshot", "fork": "fork"}
    for step in (run, background, stdin, files, watch, pty, pause, connect, snapshot, fork, kill):
        name = step.__name__
        if not hasattr(sandbox, methods.get(name, "kill")):
            print("absent", name, flush=True)
            continue
        sandbox = step(sandbox) or sandbox
        print("ok", name, flush=True)


main()

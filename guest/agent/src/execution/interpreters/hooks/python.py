# Stops an interpreter that is started for a template just before it opens its program, and lets it continue when the
# agent hands over a program. Python usually looks for this module, finds none and continues. It does the same after this
# hook, which leaves no trace. The hook may only use modules that Python has already imported at this point.
import os
import sys


def receive(count):
    received = b""
    while len(received) < count:
        piece = os.read(0, count - len(received))
        if not piece:
            os._exit(0)
        received += piece
    return received


def show(environment):
    """Writes the environment to /proc/self/environ, if it has the length of the original one."""
    with open("/proc/self/stat", "rb", 0) as status:
        start, end = map(int, status.read().rpartition(b")")[2].split()[47:49])
    if end - start == len(environment):
        memory = os.open("/proc/self/mem", os.O_WRONLY | os.O_CLOEXEC)
        os.pwrite(memory, environment, start)
        os.close(memory)


def wait():
    # The working directory must not be in use while it may be replaced by an empty one.
    os.chdir("/")
    os.write(1, b"\6")
    words = receive(int.from_bytes(receive(4))).split(b"\0")
    arguments = 2 + int(words[1])
    os.chdir(words[0])
    os.environ.clear()
    for variable in words[arguments:]:
        name, _, value = variable.partition(b"=")
        os.environb[name] = value
    show(b"".join(variable + b"\0" for variable in words[arguments:]))
    added = [os.fsdecode(word) for word in words[2:arguments]]
    sys.argv += added
    sys.orig_argv += added
    os.write(1, b"\6")


wait()
raise ModuleNotFoundError("No module named 'usercustomize'", name="usercustomize")

# Makes forbidden attempts, and prints the result of each as JSON.
import ctypes
import errno
import json
import mmap
import os
import signal
import socket

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER = 0x10000000


def name_of(number):
    return errno.errorcode.get(number, str(number))


def call(number, *arguments):
    ctypes.set_errno(0)
    filled = [ctypes.c_long(argument) for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    return name_of(ctypes.get_errno()) if libc.syscall(ctypes.c_long(number), *filled) == -1 else "allowed"


def attempt(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return name_of(error.errno)
    return "allowed"


def open_socket(family, kind, protocol=0):
    socket.socket(family, kind, protocol).close()


def call_of_32_bit_programs():
    """getpid(2) by their gate into the kernel, in a child that this may end."""
    child = os.fork()
    if child == 0:
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
        ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return "killed" if os.WIFSIGNALED(status) else "allowed"


def reserve_all(directory):
    """How reserving one byte more than the file system has ends."""
    size = os.statvfs(directory)
    path = os.path.join(directory, "reserved")
    with open(path, "wb") as file:
        ended = attempt(os.posix_fallocate, file.fileno(), 0, size.f_blocks * size.f_frsize + 1)
    os.unlink(path)
    return ended


def write_all(directory):
    """How writing until something is in the way ends, and after how many bytes."""
    path = os.path.join(directory, "written")
    written = 0
    with open(path, "wb", 0) as file:
        try:
            while True:
                written += file.write(b"x" * 65536)
        except OSError as error:
            ended = name_of(error.errno)
    os.unlink(path)
    return [ended, written]


def create_all(directory):
    """How creating files until something is in the way ends, and after how many."""
    place = os.path.join(directory, "files")
    os.mkdir(place)
    handle = os.open(place, os.O_DIRECTORY)
    created = 0
    try:
        while created < 1_000_000:
            os.mknod(str(created), dir_fd=handle)
            created += 1
        ended = "allowed"
    except OSError as error:
        ended = name_of(error.errno)
    return [ended, created]


def sizes(directory):
    size = os.statvfs(directory)
    return [size.f_blocks * size.f_frsize, size.f_files]


asked = json.loads(input())
writable = asked["writable"]
print(
    json.dumps(
        {
            "calls": {name: call(number) for name, number in asked["calls"].items()},
            "cloneUser": call(56, CLONE_NEWUSER | signal.SIGCHLD),
            "calls32": call_of_32_bit_programs(),
            "sockets": {
                "unix": attempt(open_socket, socket.AF_UNIX, socket.SOCK_STREAM),
                "inet": attempt(open_socket, socket.AF_INET, socket.SOCK_STREAM),
                "inet6": attempt(open_socket, socket.AF_INET6, socket.SOCK_DGRAM),
                "route": attempt(open_socket, socket.AF_NETLINK, socket.SOCK_RAW, 0),
                "vsock": attempt(open_socket, socket.AF_VSOCK, socket.SOCK_STREAM),
                "packet": attempt(open_socket, socket.AF_PACKET, socket.SOCK_RAW),
                "cryptography": attempt(open_socket, socket.AF_ALG, socket.SOCK_SEQPACKET),
                "netfilter": attempt(open_socket, socket.AF_NETLINK, socket.SOCK_RAW, 12),
                "raw": attempt(open_socket, socket.AF_INET, socket.SOCK_RAW, 1),
            },
            "directories": {place: attempt(os.mkdir, place + "/new") for place in asked["readOnly"]},
            "devices": {
                "block": attempt(os.mknod, "/tmp/block", 0o60600, os.makedev(254, 0)),
                "character": attempt(os.mknod, "/tmp/memory", 0o20600, os.makedev(1, 1)),
            },
            "settings": attempt(open, "/proc/sys/kernel/core_pattern", "w"),
            "keeper": attempt(os.kill, 1, signal.SIGKILL),
            "memoryOfKeeper": attempt(open, "/proc/1/mem", "rb"),
            "hostname": attempt(socket.sethostname, "other"),
            "more": attempt(os.setuid, 0),
            "sizes": {place: sizes(place) for place in writable},
            "reserved": {place: reserve_all(place) for place in writable},
            "written": write_all("/run/lock"),
            "created": create_all("/tmp"),
        }
    )
)

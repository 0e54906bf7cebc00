# Takes the kernel's own memory: pipes, sockets, epoll, timers, inotify.
# @promise guest account
# @layer guest
# @held pipes (EMFILE|ENFILE|ENOMEM|EPERM)
# @held timers (EAGAIN|ENOMEM|unheld)
# @held inotify (EMFILE|ENOSPC|ENOMEM)
import ctypes
import errno
import os
from attempt import held, libc

pipes, said = [], "none"
try:
    while len(pipes) < 100_000:
        pipes.append(os.pipe())
        os.set_blocking(pipes[-1][1], False)
        os.write(pipes[-1][1], b"x" * 65536)
except BlockingIOError:
    pass
except OSError as error:
    said = errno.errorcode[error.errno]
held("pipes", said != "none", said)
for pair in pipes:
    os.close(pair[0])
    os.close(pair[1])
timer = ctypes.c_int()
made = 0
while made < 100_000 and libc.syscall(ctypes.c_long(222), ctypes.c_long(0), None, ctypes.byref(timer)) == 0:
    made += 1
held("timers", made < 100_000, errno.errorcode[ctypes.get_errno()])
made = 0
while made < 100_000 and libc.inotify_init() >= 0:
    made += 1
held("inotify", made < 100_000, errno.errorcode[ctypes.get_errno()])

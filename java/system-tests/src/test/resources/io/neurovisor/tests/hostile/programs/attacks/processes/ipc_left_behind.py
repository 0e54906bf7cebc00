# Leaves what outlives processes: shared memory, semaphores, message queues, in System V's way and in POSIX's.
# @promise virtual machine
# @layer 6
# @held found none
# @line left
# @twice
import ctypes
import os
from attempt import held, libc

found = [name for name in ("shm", "sem", "msg") if len(open(f"/proc/sysvipc/{name}").readlines()) > 1]
found += os.listdir("/dev/shm")
held("found", not found, "none" if not found else found)
libc.syscall(ctypes.c_long(29), ctypes.c_long(4711), ctypes.c_long(4096), ctypes.c_long(0o1666))
libc.syscall(ctypes.c_long(64), ctypes.c_long(4711), ctypes.c_long(1), ctypes.c_long(0o1666))
libc.syscall(ctypes.c_long(68), ctypes.c_long(4711), ctypes.c_long(0o1666))
open("/dev/shm/mine", "w").write("x")
print("left")

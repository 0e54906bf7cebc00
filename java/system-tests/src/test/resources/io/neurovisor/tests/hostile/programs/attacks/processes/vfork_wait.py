# Leaves a parent that waits in the kernel for a child of vfork that never starts anything.
# @promise guest account
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 4
import ctypes
import signal
from attempt import libc

print("begun", flush=True)
# CLONE_VFORK and SIGCHLD: the parent waits uninterruptibly but for SIGKILL.
if libc.syscall(ctypes.c_long(56), ctypes.c_long(0x4000 | 17), None, None, None, None) == 0:
    while True:
        signal.pause()

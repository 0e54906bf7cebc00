# Speaks to the machine's devices by their ports.
# @promise virtual machine
# @layer guest
# @refused iopl EPERM ENOSYS
# @refused ioperm EPERM ENOSYS
# @held outb SIGSEGV
import ctypes
import mmap
import os
import signal
from attempt import call, held

call("iopl", 172, 3)
call("ioperm", 173, 0x3F8, 8, 1)
child = os.fork()
if child == 0:
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xba\xf8\x03\0\0\xb0A\xee\xc3")  # mov edx, 0x3f8; mov al, 'A'; out dx, al; ret
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
    os._exit(0)
status = os.waitpid(child, 0)[1]
held("outb", os.WIFSIGNALED(status), signal.Signals(os.WTERMSIG(status)).name if status else "worked")

# Makes system calls through the 32-bit and x32 entry points.
# @promise guest kernel
# @layer guest
# @held int80 (SIGSEGV|uid 1000|ENOSYS)
# @held x32 ENOSYS
# @held modify_ldt ENOSYS
# @refused vm86 ENOSYS EINVAL EPERM
import ctypes
import mmap
import os
import signal
from attempt import call, held, libc

reader, writer = os.pipe()
child = os.fork()
if child == 0:
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x53\xb8\xc7\0\0\0\xcd\x80\x5b\xc3")  # push rbx; mov eax, 199 (getuid32); int 0x80; pop rbx; ret
    result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
    os.write(writer, b"ENOSYS" if result == -38 else b"uid %d" % result)
    os._exit(0)
os.close(writer)
said = os.read(reader, 100).decode()
status = os.waitpid(child, 0)[1]
said = said or signal.Signals(os.WTERMSIG(status)).name
held("int80", said in ("SIGSEGV", "ENOSYS", "uid 1000"), said)
ctypes.set_errno(0)
result = libc.syscall(ctypes.c_long(0x40000000 | 39))
held("x32", result == -1 and ctypes.get_errno() == 38, "ENOSYS" if result == -1 else result)
# This call alone returns 32 bits.
result = libc.syscall(ctypes.c_long(154), ctypes.c_long(0x77), None, ctypes.c_long(0))
held("modify_ldt", result in (-1, 2**32 - 38), "ENOSYS" if result in (-1, 2**32 - 38) else result)
call("vm86", 0x40000000 | 166, 0, 0)

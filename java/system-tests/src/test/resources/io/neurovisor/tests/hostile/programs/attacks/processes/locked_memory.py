# Locks all its memory, in pages of every size.
# @promise guest account
# @layer guest
# @held locked (EAGAIN|ENOMEM|EPERM)
# @held huge (EPERM|ENOMEM|EINVAL|ENOSYS)
# @held shm_locked (EPERM|ENOMEM|EINVAL)
import ctypes
import errno
import mmap
from attempt import held, libc


def refusal(result):
    return errno.errorcode[ctypes.get_errno()] if result == -1 else "worked"


memory = mmap.mmap(-1, 64 << 20)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
libc.mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
said = refusal(libc.mlock(address, 64 << 20))
held("locked", said != "worked", said)
try:
    mmap.mmap(-1, 1 << 30, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x40000)
    said = "worked"
except OSError as error:
    said = errno.errorcode[error.errno]
held("huge", said != "worked", said)
said = refusal(libc.syscall(ctypes.c_long(29), ctypes.c_long(0), ctypes.c_long(64 << 20), ctypes.c_long(0o5600)))
held("shm_locked", said != "worked", said)

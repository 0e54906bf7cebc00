# Has the kernel write a path of a gigabyte into /proc/self/mountinfo, as Sequoia did.
# @promise guest account
# @layer guest
# @held mounts EPERM
# @held deep \d+
import os
from attempt import held, libc
import ctypes
import errno

deep = 0
for _ in range(2000):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
    deep += 1
result = libc.mount(b"/", b".", None, 4096, None)
held("mounts", result == -1, errno.errorcode[ctypes.get_errno()])
held("deep", True, deep)

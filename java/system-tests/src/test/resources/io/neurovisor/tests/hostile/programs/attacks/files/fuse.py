# Mounts a file system that it serves itself, by FUSE.
# @promise guest account
# @layer guest
# @held mounted (EPERM|EACCES|ENOENT|ENODEV)
# @refused fusermount ENOENT EPERM EACCES
import errno
import os
import subprocess
from attempt import attempt, call, held, libc

try:
    device = os.open("/dev/fuse", os.O_RDWR)
    os.makedirs("here", exist_ok=True)
    options = f"fd={device},rootmode=40000,user_id=1000,group_id=1000".encode()
    result = libc.mount(b"fuse", b"here", b"fuse", 0, options)
    import ctypes
    held("mounted", result == -1, errno.errorcode[ctypes.get_errno()] if result else "fuse")
except OSError as error:
    held("mounted", True, errno.errorcode[error.errno])
attempt("fusermount", subprocess.run, ["fusermount3", "here"], check=True)

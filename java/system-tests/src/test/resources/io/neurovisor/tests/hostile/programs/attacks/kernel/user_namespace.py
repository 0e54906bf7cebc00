# Becomes root of a user namespace of its own, by three ways.
# @short
# @promise guest account
# @layer guest
# @refused unshare_user EPERM ENOSPC EINVAL ENOSYS
# @refused clone_user EPERM ENOSPC EINVAL ENOSYS
# @refused clone3_user EPERM ENOSPC EINVAL ENOSYS
# @refused setns_init EPERM EACCES ENOENT
import ctypes
import os
from attempt import attempt, call

NEWUSER = 0x10000000
call("unshare_user", 272, NEWUSER)
if call("clone_user", 56, NEWUSER | 17, 0, 0, 0, 0) == 0:
    os._exit(0)
arguments = (ctypes.c_uint64 * 11)(NEWUSER, 0, 0, 0, 17)
if call("clone3_user", 435, arguments, 88) == 0:
    os._exit(0)
attempt("setns_init", lambda: os.setns(os.open("/proc/1/ns/user", os.O_RDONLY)))

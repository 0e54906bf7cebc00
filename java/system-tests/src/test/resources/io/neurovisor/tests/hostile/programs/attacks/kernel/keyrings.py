# Reads and changes keys of others in the kernel's keyrings.
# @promise guest account
# @layer guest
# @refused persistent_of_root EPERM EACCES EOPNOTSUPP ENOSYS
# @refused chown_to_root EPERM EACCES ENOSYS
# @refused setuid_quota_of_root EPERM EACCES ENOSYS ENOKEY EINVAL
# @held keys_of_root none
import ctypes
from attempt import call, held, libc

call("persistent_of_root", 250, 22, 0, -2)
ring = libc.syscall(ctypes.c_long(248), b"keyring", b"mine", None, 0, ctypes.c_long(-2))
call("chown_to_root", 250, 4, ring, 0, -1)
# KEYCTL_SETPERM for all on root's user keyring, found by its name.
call("setuid_quota_of_root", 250, 10, 0, b"keyring", b"_uid.0", -2)
try:
    keys = [line for line in open("/proc/keys") if " 0     0 " in line]
except FileNotFoundError:
    keys = []
held("keys_of_root", not keys, "none" if not keys else keys)

# Watches and delays what every other process opens.
# @promise guest account
# @layer guest
# @refused content_class EPERM ENOSYS
# @refused handle_open EPERM ENOSYS
# @refused ptrace_init EPERM ESRCH ENOSYS
# @refused lookup_dcookie ENOSYS EPERM
# @refused kcmp EPERM ESRCH ENOSYS
from attempt import call

# FAN_CLASS_CONTENT lets its owner answer for each open.
call("content_class", 300, 4, 0)
handle = bytes([8, 0, 0, 0, 1, 0, 0, 0]) + bytes(8)
call("handle_open", 304, -100, handle, 0)
call("ptrace_init", 101, 16, 1, 0, 0)
call("lookup_dcookie", 212, 1, bytes(16), 16)
call("kcmp", 312, 1, 1, 0, 0, 0)

# Swaps to, accounts to and puts quotas on files of its own.
# @promise guest account
# @layer guest
# @refused swapon EPERM
# @refused swapoff EPERM
# @refused acct EPERM ENOSYS
# @refused quotactl EPERM ENOSYS ENOENT ENODEV ENOTBLK EACCES
# @refused vhangup EPERM
# @refused sethostname EPERM
from attempt import call, write

write("swap", "x" * 8192)
call("swapon", 167, b"swap", 0)
call("swapoff", 168, b"swap")
call("acct", 163, b"swap")
call("quotactl", 179, 0x80000200, b"/dev/vda", 0, 0)
call("vhangup", 153)
call("sethostname", 170, b"mine", 4)

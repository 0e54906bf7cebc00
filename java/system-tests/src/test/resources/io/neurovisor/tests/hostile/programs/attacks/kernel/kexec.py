# Replaces the running kernel by another, or restarts the machine into nothing.
# @promise guest kernel
# @layer guest
# @refused kexec_load EPERM ENOSYS
# @refused kexec_file_load EPERM ENOSYS
# @refused reboot EPERM
# @refused ctrl_alt_del EPERM
import os
from attempt import call

call("kexec_load", 246, 0, 0, 0, 0)
file = os.open("/usr/bin/true", os.O_RDONLY)
call("kexec_file_load", 320, file, file, 1, b"", 0)
call("reboot", 169, 0xFEE1DEAD, 672274793, 0x01234567, 0)
call("ctrl_alt_del", 169, 0xFEE1DEAD, 672274793, 0, 0)

# Stops the kernel in the middle of a copy from user memory by userfaultfd.
# @promise guest kernel
# @layer guest
# @refused userfaultfd EPERM ENOSYS
# @refused device EACCES ENOENT EPERM
import os
from attempt import attempt, call

call("userfaultfd", 323, 0o2000000)
attempt("device", os.open, "/dev/userfaultfd", os.O_RDWR)

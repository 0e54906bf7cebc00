# Sends home by hard links files that it may not read, or is not the owner of.
# @promise output files
# @layer guest
# @refused shadow EPERM EXDEV EACCES
# @refused passwd EPERM EXDEV EACCES
# @refused device EPERM EXDEV EACCES ENOENT
# @refused by_descriptor EPERM EXDEV EACCES ENOENT
import os
from attempt import attempt

os.makedirs("out", exist_ok=True)
attempt("shadow", os.link, "/etc/shadow", "out/shadow")
attempt("passwd", os.link, "/etc/passwd", "out/passwd")
attempt("device", os.link, "/dev/vda", "/dev/shm/device")
file = os.open("/etc/passwd", os.O_RDONLY)
attempt("by_descriptor", os.link, f"/proc/self/fd/{file}", "out/passwd", follow_symlinks=True)

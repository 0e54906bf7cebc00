# Writes to the image that all machines share.
# @promise stored files
# @layer guest
# @held disk 1
# @refused open EACCES EPERM EROFS ENOENT
# @refused read_only EACCES EPERM ENOENT EROFS
# @refused ioctl EACCES EPERM ENOENT
import fcntl
import os
from attempt import attempt, held, write

read_only = open("/sys/block/vda/ro").read().strip()
held("disk", read_only == "1", read_only)
attempt("open", os.open, "/dev/vda", os.O_RDWR)
attempt("read_only", write, "/sys/block/vda/force_ro", "0")
# BLKROSET
attempt("ioctl", lambda: fcntl.ioctl(os.open("/dev/vda", os.O_RDONLY), 0x125D, 0))

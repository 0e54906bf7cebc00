# Makes device nodes of its own: disk, memory, console.
# @promise guest account
# @layer guest
# @refused disk EPERM
# @refused memory EPERM
# @refused console EPERM
# @refused whiteout EPERM
import os
import stat
from attempt import attempt

attempt("disk", os.mknod, "disk", stat.S_IFBLK | 0o666, os.makedev(254, 0))
attempt("memory", os.mknod, "/tmp/memory", stat.S_IFCHR | 0o666, os.makedev(1, 1))
attempt("console", os.mknod, "/dev/shm/console", stat.S_IFCHR | 0o666, os.makedev(5, 1))
# A character device 0:0 is what any user may make; it hides a file of an overlay and opens nothing.
os.mknod("whiteout", stat.S_IFCHR | 0o666, os.makedev(0, 0))
try:
    os.open("whiteout", os.O_RDWR)
    print("ESCAPED whiteout")
except OSError:
    print("REFUSED whiteout EPERM")

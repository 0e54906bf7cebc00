# Loads and removes kernel modules.
# @promise guest kernel
# @layer guest
# @refused init_module EPERM ENOSYS
# @refused finit_module EPERM ENOSYS EBADF
# @refused delete_module EPERM ENOSYS
# @refused modprobe_path EACCES EPERM ENOENT EROFS
import os
from attempt import attempt, call, write

image = b"\x7fELF" + bytes(4096)
call("init_module", 175, image, len(image), b"")
call("finit_module", 313, os.open("/usr/bin/true", os.O_RDONLY), b"", 0)
call("delete_module", 176, b"virtio_blk", 0)
attempt("modprobe_path", write, "/proc/sys/kernel/modprobe", "/tmp/mine")

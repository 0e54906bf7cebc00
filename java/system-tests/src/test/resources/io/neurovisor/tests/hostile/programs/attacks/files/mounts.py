# Mounts by every call there is: mount, the new calls, pivot_root, chroot, umount.
# @promise guest account
# @layer guest
# @refused proc EPERM
# @refused bind EPERM
# @refused remount EPERM
# @refused fsopen EPERM ENOSYS
# @refused open_tree EPERM ENOSYS
# @refused move_mount EPERM ENOSYS
# @refused mount_setattr EPERM ENOSYS
# @refused pivot_root EPERM
# @refused chroot EPERM
# @refused umount EPERM
import os
from attempt import attempt, call

os.mkdir("here")
call("proc", 165, b"proc", b"here", b"proc", 0, 0)
call("bind", 165, b"/", b"here", 0, 4096, 0)
call("remount", 165, 0, b"/sys", 0, 32 | 4096, 0)
call("fsopen", 430, b"tmpfs", 0)
call("open_tree", 428, -100, b"/", 1)
call("move_mount", 429, -100, b"/proc", -100, b"here", 0)
call("mount_setattr", 442, -100, b"/sys", 0, bytes(32), 32)
call("pivot_root", 155, b"here", b"here")
attempt("chroot", os.chroot, "here")
call("umount", 166, b"/proc", 2)

// Mounts, makes devices and leaves its root by Go.
// @promise guest account
// @layer guest
// @refused mount EPERM
// @refused bind EPERM
// @refused mknod EPERM
// @refused chroot EPERM
// @refused unshare EPERM ENOSPC EINVAL
package main

import (
	"os"
	"syscall"
)

func main() {
	os.Mkdir("here", 0o755)
	attempt("mount", syscall.Mount("proc", "here", "proc", 0, ""))
	attempt("bind", syscall.Mount("/", "here", "", syscall.MS_BIND, ""))
	attempt("mknod", syscall.Mknod("device", syscall.S_IFBLK|0o666, 254<<8))
	attempt("chroot", syscall.Chroot("here"))
	call("unshare", syscall.SYS_UNSHARE, syscall.CLONE_NEWUSER|syscall.CLONE_NEWNS, 0, 0, 0, 0)
}

// Reads, replaces and starts the agent's own program.
// @promise guest account
// @layer guest
// @refused initramfs ENOENT EACCES EPERM
// @refused executable ENOENT EACCES EPERM
// @refused hooks EROFS EACCES EPERM ENOENT
// @refused kill EPERM ESRCH
// @refused attach EPERM ESRCH
package main

import (
	"os"
	"syscall"
)

func main() {
	_, err := os.Open("/init")
	attempt("initramfs", err)
	_, err = os.Open("/proc/1/exe")
	attempt("executable", err)
	attempt("hooks", os.WriteFile("/usr/lib/neurovisor/mine", []byte("x"), 0o644))
	attempt("kill", syscall.Kill(1, syscall.SIGKILL))
	attempt("attach", syscall.PtraceAttach(1))
}

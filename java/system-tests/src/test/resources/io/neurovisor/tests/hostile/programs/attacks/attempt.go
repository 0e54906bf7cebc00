// How hostile programs in Go attempt something and tell what came of it.
package main

import (
	"errors"
	"fmt"
	"syscall"
)

var names = map[syscall.Errno]string{
	syscall.EPERM: "EPERM", syscall.ENOENT: "ENOENT", syscall.ESRCH: "ESRCH", syscall.EBADF: "EBADF",
	syscall.EACCES: "EACCES", syscall.EBUSY: "EBUSY", syscall.EINVAL: "EINVAL", syscall.EROFS: "EROFS",
	syscall.ENOSYS: "ENOSYS", syscall.ENODEV: "ENODEV", syscall.ENOSPC: "ENOSPC", syscall.EAGAIN: "EAGAIN",
	syscall.ENETUNREACH: "ENETUNREACH", syscall.ENXIO: "ENXIO", syscall.EMFILE: "EMFILE", syscall.EFBIG: "EFBIG",
	syscall.EAFNOSUPPORT: "EAFNOSUPPORT", syscall.EOPNOTSUPP: "EOPNOTSUPP", syscall.ENOMEM: "ENOMEM",
}

// What ends without an error has worked.
func attempt(what string, err error) {
	var number syscall.Errno
	switch {
	case err == nil:
		fmt.Println("ESCAPED", what)
	case errors.As(err, &number) && names[number] != "":
		fmt.Println("REFUSED", what, names[number])
	default:
		fmt.Println("REFUSED", what, "unknown:", err)
	}
}

// A system call by its number.
func call(what string, number uintptr, a, b, c, d, e uintptr) {
	_, _, errno := syscall.Syscall6(number, a, b, c, d, e, 0)
	if errno == 0 {
		attempt(what, nil)
	} else {
		attempt(what, errno)
	}
}

func held(what string, promised bool, how ...any) {
	verdict := "HELD"
	if !promised {
		verdict = "ESCAPED"
	}
	fmt.Println(append([]any{verdict, what}, how...)...)
}

// Blocks a thousand goroutines in system calls, each of which takes a thread.
// @promise guest account
// @layer guest
// @line begun
// @outcome COMPLETED
// @exit 2
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func main() {
	fmt.Println("begun")
	for i := 0; i < 20000; i++ {
		go func() {
			var pipe [2]int
			syscall.Pipe(pipe[:])
			// Not by Go's poller: the thread itself waits.
			syscall.Read(pipe[0], make([]byte, 1))
		}()
	}
	time.Sleep(20 * time.Second)
	os.Exit(0)
}

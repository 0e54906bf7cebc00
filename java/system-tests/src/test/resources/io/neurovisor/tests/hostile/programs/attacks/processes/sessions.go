// Starts children in sessions of their own that ignore its end.
// @promise virtual machine
// @layer agent
// @line left 5
// @left 5
package main

import (
	"fmt"
	"os/exec"
	"syscall"
)

func main() {
	for i := 0; i < 5; i++ {
		child := exec.Command("sleep", "300")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if child.Start() != nil {
			fmt.Println("cannot start")
		}
	}
	fmt.Println("left 5")
}

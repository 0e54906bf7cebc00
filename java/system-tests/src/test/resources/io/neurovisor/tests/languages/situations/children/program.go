package main

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

func main() {
	err := exec.Command("sh", "-c", "kill -KILL $$").Run()
	if err := exec.Command("sleep", "1000").Start(); err != nil {
		panic(err)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		fmt.Println("child ended by signal", int(exit.Sys().(syscall.WaitStatus).Signal()))
	}
}

package main

import (
	"fmt"
	"os/exec"
)

func main() {
	if err := exec.Command("sleep", "1000").Start(); err != nil {
		panic(err)
	}
	fmt.Println("gone")
}

package main

import (
	"fmt"
	"os/exec"
)

func main() {
	fmt.Println("started")
	children := 0
	for exec.Command("sleep", "1000").Start() == nil {
		children++
	}
	if children < 300 {
		fmt.Println("bounded")
	}
}

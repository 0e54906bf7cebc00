package main

import (
	"bytes"
	"fmt"
)

func main() {
	fmt.Println("allocating")
	var blocks [][]byte
	for {
		blocks = append(blocks, bytes.Repeat([]byte("x"), 4_000_000))
	}
}

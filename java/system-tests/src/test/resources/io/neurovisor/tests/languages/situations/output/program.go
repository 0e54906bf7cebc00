package main

import (
	"bytes"
	"os"
)

func main() {
	block := bytes.Repeat([]byte("x"), 1_000_000)
	for range 70 {
		if _, err := os.Stdout.Write(block); err != nil {
			panic(err)
		}
	}
}

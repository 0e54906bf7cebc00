package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	text, err := os.ReadFile("in/data.txt")
	if err != nil {
		panic(err)
	}
	if err := os.MkdirAll("out/deep", 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile("out/deep/result.txt", []byte(strings.ToUpper(string(text))), 0o644); err != nil {
		panic(err)
	}
	fmt.Println("['in', 'out']")
}

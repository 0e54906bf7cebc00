package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

func main() {
	scanner := bufio.NewScanner(os.Stdin)
	count, last := 0, ""
	for scanner.Scan() {
		count++
		last = scanner.Text()
	}
	fmt.Println(count, strings.ToUpper(last))
	_, found := os.LookupEnv("SECRET")
	secret := map[bool]string{true: "True", false: "False"}[found]
	fmt.Println(os.Getenv("GREETING"), os.Getenv("HOME"), secret)
	for _, argument := range os.Args[1:] {
		fmt.Printf("<%s>\n", argument)
	}
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
}

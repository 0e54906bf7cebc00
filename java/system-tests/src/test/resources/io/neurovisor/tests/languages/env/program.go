package main

import (
	"fmt"
	"os"
)

func main() {
	_, found := os.LookupEnv("SECRET")
	secret := map[bool]string{true: "True", false: "False"}[found]
	fmt.Println(os.Getenv("GREETING"), os.Getenv("HOME"), secret)
}

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
}

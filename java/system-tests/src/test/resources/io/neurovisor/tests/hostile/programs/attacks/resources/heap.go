// Takes all memory in goroutines, in Go.
// @promise guest account
// @layer guest
// @line begun
// @outcome OUT_OF_MEMORY
// @killed .*
package main

import "fmt"

func main() {
	fmt.Println("begun")
	var hoard [][]byte
	for {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = 1
		}
		hoard = append(hoard, block)
	}
}

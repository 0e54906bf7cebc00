// Prints without end, in Go.
// @promise channel
// @layer agent
// @bytes 67108864
// @outcome OUTPUT_LIMIT
package main

import "os"

func main() {
	block := make([]byte, 1<<16)
	for {
		os.Stdout.Write(block)
	}
}

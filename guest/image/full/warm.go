// Touches what Go programs usually need, so that a template's page cache holds it. Compiled and run as user code, once.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type entry struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	text, err := json.Marshal([]entry{{"warm", rand.Intn(10)}})
	if err != nil {
		panic(err)
	}
	var entries []entry
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(&entries); err != nil && !errors.Is(err, io.EOF) {
		panic(err)
	}
	var group sync.WaitGroup
	results := make(chan int, 2)
	for i := range 2 {
		group.Add(1)
		go func() {
			defer group.Done()
			results <- i
		}()
	}
	group.Wait()
	numbers := []int{<-results, <-results}
	sort.Ints(numbers)
	word := regexp.MustCompile(`\w+`).FindString("warm cache")
	if err := exec.CommandContext(ctx, "true").Run(); err != nil {
		panic(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, entries, numbers, word, strconv.Itoa(time.Now().Year()))
}

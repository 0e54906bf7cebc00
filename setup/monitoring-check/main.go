// Judges files of monitoring/ by what reads them: compose.yaml by the loader of Docker Compose, a dashboard by the schema that
// Grafana publishes with its SDK. Neither needs a daemon.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	judges := map[string]func(string) error{"compose": compose, "dashboard": ofGrafana}
	if len(os.Args) != 3 || judges[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: monitoring-check compose|dashboard FILE")
		os.Exit(2)
	}
	if err := judges[os.Args[1]](os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// compose is what `docker compose config` does.
func compose(file string) error {
	options, err := cli.NewProjectOptions([]string{file})
	if err != nil {
		return err
	}
	_, err = options.LoadProject(context.Background())
	return err
}

func ofGrafana(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	// Panels and queries have schemas of their own.
	plugins.RegisterDefaultPlugins()
	var read dashboard.Dashboard
	if err := unlessOptional(read.UnmarshalJSONStrict(text)); err != nil {
		return err
	}
	return read.Validate()
}

// What a panel's options lack, Grafana adds when it loads them.
var optional = regexp.MustCompile(`^panels\[\d+]\.options\..*: required field is missing`)

func unlessOptional(err error) error {
	var complaints cog.BuildErrors
	if !errors.As(err, &complaints) {
		return err
	}
	complaints = slices.DeleteFunc(complaints, func(one *cog.BuildError) bool { return optional.MatchString(one.Error()) })
	if len(complaints) == 0 {
		return nil
	}
	return complaints
}

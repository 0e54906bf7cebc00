package io.neurovisor.tests.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests compiled languages in real microVMs of the image with compilers. */
final class FullImageIT {
    @TempDir
    Path directory;

    @Test
    void compilesGoWithItsOtherFiles() throws IOException {
        Path other = Files.writeString(
                directory.resolve("shout.go"),
                "package main\n\nimport \"strings\"\n\nfunc shout(s string) string { return strings.ToUpper(s) }\n");
        Path program = Files.writeString(directory.resolve("hello.go"), """
                package main

                import (
                	"fmt"
                	"io"
                	"os"
                )

                func main() {
                	input, _ := io.ReadAll(os.Stdin)
                	entries, _ := os.ReadDir(".")
                	fmt.Println(shout(os.Args[1]), string(input), len(entries))
                	os.Exit(7)
                }
                """);
        CommandLineRun run = CommandLineRun.withInput(
                "from stdin".getBytes(StandardCharsets.UTF_8),
                "run",
                "--timeout",
                "120",
                "--stdin",
                "--file",
                other.toString(),
                program.toString(),
                "--",
                "one two");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("ONE TWO from stdin 2\n");
        assertThat(run.exitCode()).isEqualTo(7);
    }

    @Test
    void compilesRust() throws IOException {
        Path program = Files.writeString(directory.resolve("hello.rs"), """
                fn main() {
                    let parent = std::fs::read_to_string("/proc/self/stat").unwrap();
                    let name = parent.split(' ').nth(1).unwrap();
                    println!("{} {}", std::env::args().nth(1).unwrap(), name.starts_with("(main-"));
                    std::process::abort();
                }
                """);
        CommandLineRun run = CommandLineRun.of("run", "--timeout", "120", program.toString(), "--", "one two");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("one two true\n");
        assertThat(run.exitCode()).as("128 + SIGABRT").isEqualTo(134);
    }

    @Test
    void compilerErrorIsTheResultOfTheProgram() {
        CommandLineRun run = CommandLineRun.of(
                "run", "-l", "go", "--timeout", "120", "-c", "package main\n\nfunc main() { undefinedFunction() }\n");
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr()).contains("./main.go:3:15: undefined: undefinedFunction");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void suggestsAnImageWithTheLanguage() {
        CommandLineRun run = CommandLineRun.of("run", "--image", "base", "-l", "go", "-c", "package main");
        assertThat(run.stderr()).contains("neurovisor: image base cannot run go; choose image full");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void listsTheImage() {
        assertThat(CommandLineRun.of("image", "list").stdout()).containsPattern("(?m)^full +[0-9a-f]{12} +\\d+ MiB");
    }
}

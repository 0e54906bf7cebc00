package io.neurovisor.tests.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests settings and output conventions of the command line. */
final class ConfigIT {
    @TempDir
    private Path directory;

    @Test
    void runUsesTheConfigFile() throws IOException {
        Path file = directory.resolve("c.yaml");
        Map<String, String> environment = Map.of("NEUROVISOR_CONFIG", file.toString());
        CommandLineRun run = GrowingTimeout.from(
                Duration.ofSeconds(1),
                timeout -> {
                    Files.writeString(file, "timeout: " + timeout.toSeconds() + "s\nsize: small\n");
                    return CommandLineRun.of(environment, "run", "-l", "bash", "-c", "nproc; sleep 1000");
                },
                end -> !end.stdout().isEmpty());
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(124);
        assertThat(run.stdout()).isEqualTo("1\n");
    }

    @ShortTier
    @Test
    void quietPrintsOnlyTheOutput() {
        CommandLineRun run = CommandLineRun.of("run", "--quiet", "-l", "bash", "-c", "echo out; echo err >&2");
        assertThat(run.stdout()).isEqualTo("out\n");
        assertThat(run.stderr()).isEqualTo("err\n");
    }

    @ShortTier
    @Test
    void logsContainNoProgramData() {
        String code = "echo \"Output-$((6*7))\"; : Code-" + "word";
        String[] arguments = {"run", "-e", "SECRET=Value-1", "-l", "bash", "-c", code};
        CommandLineRun debug = CommandLineRun.of(Map.of("NEUROVISOR_LOG", "debug"), arguments);
        assertThat(debug.stdout()).isEqualTo("Output-42\n");
        assertThat(debug.stderr())
                .contains("COMPLETED, exit code 0")
                .doesNotContain("Output-42", "Code-word", "Value-1");
    }

    @ShortTier
    @Test
    void coloursOnlyOnTerminals() throws Exception {
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "TERM=xterm script -qec '" + CommandLineRun.home().resolve("neurovisor") + " --help' /dev/null")
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .redirectErrorStream(true)
                .start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("\u001b[");
        assertThat(process.waitFor()).isZero();
    }
}

package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings and manners of the program as a user starts it. */
final class ConfigIT {
    @TempDir
    private Path directory;

    @Test
    void theFileCountsUntilAnOptionSaysOtherwise() throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), "timeout: 1s\nsize: small\n");
        Map<String, String> environment = Map.of("NEUROVISOR_CONFIG", file.toString());
        CommandLineRun run = CommandLineRun.of(environment, "run", "-l", "bash", "-c", "nproc; sleep 60");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(124);
        assertThat(run.stdout()).isEqualTo("1\n");
        CommandLineRun longer =
                CommandLineRun.of(environment, "run", "--timeout", "60", "-l", "bash", "-c", "sleep 2; echo done");
        assertThat(longer.stdout()).as(longer.stderr()).isEqualTo("done\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"size: [", "sise: large", "size: huge\nsize: small", "a: &a [x]\nb: [*a, *a]"})
    void aWrongFileIsNamedWithItsLine(String yaml) throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), yaml);
        CommandLineRun run = CommandLineRun.of("run", "--config", file.toString(), "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr()).contains(file.toString()).doesNotContain("\tat ");
    }

    @Test
    void quietSaysNothingButTheOutput() {
        CommandLineRun run = CommandLineRun.of("run", "--quiet", "-l", "bash", "-c", "echo out; echo err >&2");
        assertThat(run.stdout()).isEqualTo("out\n");
        assertThat(run.stderr()).isEqualTo("err\n");
        CommandLineRun late = CommandLineRun.of("run", "-q", "--timeout", "1", "-l", "bash", "-c", "sleep 60");
        assertThat(late.exitCode()).isEqualTo(124);
        assertThat(late.stderr()).contains("timed out");
    }

    @Test
    void logsHoldNeitherCodeNorOutputNorValues() {
        String code = "echo \"Output-$((6*7))\"; : Code-" + "word";
        String[] arguments = {"run", "-e", "SECRET=Value-1", "-l", "bash", "-c", code};
        CommandLineRun debug = CommandLineRun.of(Map.of("NEUROVISOR_LOG", "debug"), arguments);
        assertThat(debug.stdout()).isEqualTo("Output-42\n");
        assertThat(debug.stderr())
                .contains("COMPLETED with exit code 0")
                .doesNotContain("Output-42", "Code-word", "Value-1");
        CommandLineRun info = CommandLineRun.of(arguments);
        assertThat(info.stderr()).doesNotContain("COMPLETED", "Output-42", "Code-word", "Value-1");
    }

    @Test
    void coloursAreForTerminals() throws Exception {
        assertThat(CommandLineRun.of("--help").stdout()).doesNotContain("\u001b");
        String neurovisor = CommandLineRun.home().resolve("neurovisor").toString();
        assertThat(shell("TERM=xterm script -qec '" + neurovisor + " --help' /dev/null"))
                .contains("\u001b[");
    }

    @Test
    void bashCompletesWhatTheScriptOffers() throws Exception {
        String script = CommandLineRun.of("completion", "bash").stdout();
        Path file = Files.writeString(directory.resolve("completion.bash"), script);
        assertThat(completions(file, "neurovisor", "ru")).contains("run");
        assertThat(completions(file, "neurovisor", "run", "--sn")).contains("--snapshot");
        assertThat(completions(file, "neurovisor", "run", "--size", "")).contains("small", "medium", "large");
        assertThat(completions(file, "neurovisor", "image", "")).contains("list", "build", "rm");
        assertThat(completions(file, "neurovisor", "example", "")).contains("fork_bomb");
        assertThat(CommandLineRun.of("completion", "fish").exitCode()).isEqualTo(2);
    }

    /** What bash's own machinery answers when the last of the words is completed. */
    private static String completions(Path script, String... words) throws Exception {
        StringBuilder quoted = new StringBuilder();
        for (String word : words) {
            quoted.append('\'').append(word).append("' ");
        }
        return shell("source " + script + "; COMP_WORDS=(" + quoted + "); COMP_CWORD=" + (words.length - 1)
                + "; COMP_LINE=\"${COMP_WORDS[*]}\"; COMP_POINT=${#COMP_LINE}"
                + "; function=$(complete -p neurovisor); function=${function#*-F }; ${function%% *} neurovisor"
                + " \"${COMP_WORDS[COMP_CWORD]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"");
    }

    private static String shell(String command) throws Exception {
        Process process = new ProcessBuilder("bash", "-c", command)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}

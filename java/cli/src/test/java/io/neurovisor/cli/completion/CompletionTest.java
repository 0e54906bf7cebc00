package io.neurovisor.cli.completion;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.CommandRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the script of {@code completion bash} in a real bash. */
final class CompletionTest {
    @TempDir
    private Path directory;

    @Test
    void bashCompletesWhatTheScriptOffers() throws Exception {
        CommandRun run = CommandRun.of("completion", "bash");
        Path script = Files.writeString(directory.resolve("completion.bash"), run.stdout());
        assertThat(completions(script, "neurovisor", "ru")).contains("run");
        assertThat(completions(script, "neurovisor", "run", "--sn")).contains("--snapshot");
        assertThat(completions(script, "neurovisor", "run", "--size", "")).contains("small", "medium", "large");
        assertThat(completions(script, "neurovisor", "image", "")).contains("list", "build", "rm");
        assertThat(completions(script, "neurovisor", "example", "")).contains("fork_bomb");
    }

    @Test
    void fishCompletesCommandsOptionsAndValues() {
        assertThat(CommandRun.of("completion", "fish").stdout().lines())
                .contains(
                        "complete --command neurovisor --condition '__fish_use_subcommand' --no-files --arguments stop"
                                + " --description 'Stops this user\\'s daemon, and waits for it'",
                        "complete --command neurovisor --condition '__fish_seen_subcommand_from image; and"
                                + " __fish_seen_subcommand_from build' --long-option rebuild --description 'Build IMAGE"
                                + " again, with the current packages of Debian and the Python index'")
                .anyMatch(line -> line.contains("'__fish_seen_subcommand_from run' --long-option size")
                        && line.contains("--arguments 'small medium large'"));
    }

    @Test
    void rejectsOtherShells() {
        assertThat(CommandRun.of(Map.of(), "completion", "tcsh").exitCode()).isEqualTo(2);
    }

    /** Returns the candidates that bash offers for the last of the words. */
    private static String completions(Path script, String... words) throws IOException, InterruptedException {
        String quoted = Stream.of(words).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "source " + script + "; COMP_WORDS=(" + quoted + "); COMP_CWORD=" + (words.length - 1)
                                + "; COMP_LINE=\"${COMP_WORDS[*]}\"; COMP_POINT=${#COMP_LINE}"
                                + "; function=$(complete -p neurovisor); function=${function#*-F }"
                                + "; ${function%% *} neurovisor \"${COMP_WORDS[COMP_CWORD]}\""
                                + "; printf '%s\\n' \"${COMPREPLY[@]}\"")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}

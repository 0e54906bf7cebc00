package io.neurovisor.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.CommandRun;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LabCommandTest {
    @TempDir
    private Path data;

    @Test
    void namesTheMachineThatIsNotUp() {
        CommandRun down = run("down");
        assertThat(down.exitCode()).isEqualTo(2);
        assertThat(down.stderr())
                .isEqualTo("neurovisor: no lab named mine is up; ./neurovisor lab list shows those that are\n");
        CommandRun shell = run("shell");
        assertThat(shell.exitCode()).isEqualTo(125);
        assertThat(shell.stderr()).contains("start it with ./neurovisor lab up --name mine");
    }

    private CommandRun run(String command) {
        return CommandRun.of("lab", command, "--name", "mine", "--data-dir", data.toString());
    }
}

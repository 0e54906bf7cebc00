package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of documents that are marked with this class, and compares their output. */
@ShortTier
final class ReadmeIT {
    private static final String MESSAGE = "neurovisor: ";

    @TempDir
    private Path directory;

    @Test
    void documentsShowTheActualOutput() throws IOException {
        Path home = CommandLineRun.home();
        Files.createSymbolicLink(directory.resolve("neurovisor"), home.resolve("neurovisor"));
        List<ConsoleBlock.Command> commands = Documents.all().stream()
                .flatMap(document -> ConsoleBlock.of(Documents.lines(document)).stream())
                .filter(block -> block.test().filter("ReadmeIT"::equals).isPresent())
                .flatMap(block -> block.commands().stream())
                .toList();
        assertThat(commands).hasSizeGreaterThan(3);
        for (ConsoleBlock.Command command : commands) {
            aFileThatIsShownIsThere(command);
            prints(command);
        }
    }

    private void aFileThatIsShownIsThere(ConsoleBlock.Command command) throws IOException {
        if (command.text().matches("cat \\w+\\.\\w+")) {
            Files.write(directory.resolve(command.text().substring("cat ".length())), command.output());
        }
    }

    /** Compares the output apart from the names of machines; stderr may contain more messages. */
    private void prints(ConsoleBlock.Command command) {
        HostCommand.Result run = HostCommand.run(List.of(
                "bash",
                "-c",
                "cd -- \"$1\" && export NEUROVISOR_DAEMON=off && eval \"$2\"",
                "bash",
                directory.toString(),
                command.text()));
        assertThat(run.stdout().lines().map(ReadmeIT::withoutName))
                .as(command.text() + " (stderr: " + run.stderr() + ")")
                .containsExactlyElementsOf(command.output().stream()
                        .filter(line -> !line.startsWith(MESSAGE))
                        .map(ReadmeIT::withoutName)
                        .toList());
        assertThat(run.stderr().lines())
                .as(command.text())
                .containsAll(command.output().stream()
                        .filter(line -> line.startsWith(MESSAGE))
                        .collect(Collectors.toSet()));
    }

    private static String withoutName(String line) {
        return line.replaceAll("vm-[0-9a-f]{16}", "vm-");
    }
}

package io.neurovisor.tests.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that errors are one clear line with the right exit code and without a stack trace. */
final class BadInputIT {
    @TempDir
    Path directory;

    @Test
    void reportsAnUnknownImageWithTheKnownOnes() {
        CommandLineRun run = CommandLineRun.of("run", "--image", "nothing", "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(2);
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr())
                .startsWith("neurovisor: ")
                .contains("Image nothing is not known; known are base")
                .doesNotContain("\tat ");
    }

    @Test
    void reportsAFileInPlaceOfTheProgram() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        CommandLineRun run = CommandLineRun.of("run", "--file", file + ":main.sh", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(2);
        assertThat(run.stderr()).contains("\"main.sh\"").doesNotContain("\tat ");
    }

    @Test
    void reportsAnUnwritableDataDirectory() {
        CommandLineRun run = CommandLineRun.of("run", "--data-dir", "/proc/neurovisor", "-l", "bash", "-c", "1");
        assertFailed(run, "/proc/neurovisor");
    }

    @ShortTier
    @Test
    void reportsTheErrorOfQemu() throws IOException {
        Path qemu = directory.resolve("qemu-system-x86_64");
        Path source = directory.resolve("qemu.c");
        // Not a script, because a jail contains no shell.
        Files.writeString(source, """
                #include <stdio.h>
                #include <string.h>
                int main(int count, char **words) {
                    if (count == 2 && !strcmp(words[1], "--version")) return !puts("QEMU emulator version 10.0.2");
                    if (count == 3 && !strcmp(words[1], "-L")) return !puts("/usr/share/qemu");
                    fputs("the moon is in the wrong phase\\n", stderr);
                    return 3;
                }
                """);
        HostCommand.Result compiled = HostCommand.run(List.of("cc", "-o", qemu.toString(), source.toString()));
        assertThat(compiled.exitCode()).as(compiled.stderr()).isZero();
        // Readable for the user that runs QEMU of root.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        CommandLineRun run = CommandLineRun.of(
                Map.of("PATH", directory + ":" + System.getenv("PATH")), "run", "-l", "bash", "-c", "1");
        assertFailed(run, "QEMU exited with code 3: the moon is in the wrong phase");
    }

    private static void assertFailed(CommandLineRun run, String... words) {
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(125);
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr()).contains(words).doesNotContain("\tat ");
        assertThat(run.stderr()
                        .lines()
                        .filter(line -> line.startsWith("neurovisor: ")
                                && List.of(words).stream().allMatch(line::contains)))
                .hasSize(1);
    }
}

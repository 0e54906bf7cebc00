package io.neurovisor.tests.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service's unit in the eyes of systemd. */
final class SystemdUnitTest {
    private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");

    /** Newer than the systemd of some machines, which say that they ignore it. */
    private static final Set<String> NEWER = Set.of("DelegateSubgroup");

    @TempDir
    private Path directory;

    @BeforeEach
    void systemdIsHere() {
        assumeTrue(Files.isExecutable(ANALYZE), ANALYZE + " is not here");
    }

    @Test
    void systemdUnderstandsEveryLine() throws IOException {
        assertThat(complaints(unit())).isEmpty();
    }

    @Test
    void rejectsUnknownSyntax() throws IOException {
        assertThat(complaints(unit().replace("KillMode=mixed", "KillMode=gentle")))
                .singleElement()
                .asString()
                .contains("kill mode");
        assertThat(complaints(unit().replace("neurovisor serve", "no-program serve")))
                .isNotEmpty();
    }

    /** The defaults would kill machines before the daemon could end them, or end the service with its first guest. */
    @Test
    void theDaemonEndsItsOwnMachines() throws IOException {
        assertThat(unit()).contains("\nType=notify\n", "\nKillMode=mixed\n", "\nOOMPolicy=continue\n", "\nDelegate=");
    }

    @Test
    void aDaemonThatFailsOrHangsIsRestarted() throws IOException {
        assertThat(unit()).contains("\nRestart=on-failure\n", "\nWatchdogSec=60s\n");
    }

    private static String unit() throws IOException {
        Path home = CommandLineRun.home();
        return Files.readString(home.resolve("packaging/systemd/neurovisor.service"))
                .replace("/opt/neurovisor/", home + "/");
    }

    private List<String> complaints(String text) throws IOException {
        Path unit = Files.writeString(directory.resolve("neurovisor.service"), text);
        HostCommand.Result run = HostCommand.run(List.of(ANALYZE.toString(), "verify", "--man=no", unit.toString()));
        List<String> complaints = (run.stdout() + run.stderr())
                .lines()
                .filter(line -> line.contains(unit.getFileName().toString()))
                .filter(line -> NEWER.stream()
                        .noneMatch(key -> line.contains("Unknown key '" + key + "'")
                                || line.contains("Unknown key name '" + key + "'")))
                .distinct()
                .collect(Collectors.toList());
        if (run.exitCode() != 0) {
            complaints.add("exit code " + run.exitCode());
        }
        return complaints;
    }
}

package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands about sandboxes that documents show, and compares their output. */
final class SandboxPageIT {
    /** The first words of the commands. The page's own daemon is replaced by one on free ports. */
    private static final Set<String> WORDS =
            Set.of("serve", "sandbox", "id=$(./neurovisor", "pid=$(./neurovisor", "echo", "api=$(grpcurl", "grpcurl");

    private static final String MARK = "=== command ";

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;

    @BeforeAll
    static void start() throws IOException {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=6", "--size=small");
        Files.createSymbolicLink(
                directory.resolve("neurovisor"), CommandLineRun.home().resolve("neurovisor"));
        Files.writeString(directory.resolve("report.csv"), "a,b\n");
        Files.writeString(directory.resolve("keys"), "ls data\nexit\n");
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @ShortTier
    @Test
    void commandsPrintWhatIsShown() throws IOException {
        List<ConsoleBlock.Command> commands = commands(false);
        List<String> outputs = outputs(commands);
        for (int i = 0; i < commands.size(); i++) {
            ConsoleBlock.Command command = commands.get(i);
            if (!command.output().isEmpty()) {
                assertThat(outputs.get(i).lines()).as(command.text()).containsExactlyElementsOf(command.output());
            }
            if (isShell(command)) {
                assertThat(outputs.get(i)).as(command.text()).contains("report.csv");
            }
        }
    }

    @ShortTier
    @Test
    void grpcurlUsesASandbox() throws IOException {
        RealClient _ = RealClient.named("grpcurl");
        assertThat(String.join("\n", outputs(commands(true))))
                .containsSubsequence("\"data\": \"aGVsbG8K\"", "\"ended\"", "\"path\": \"", "\"data\": \"NDI=\"");
    }

    /** Returns the commands of blocks with or without grpcurl, in the order of the documents. */
    private static List<ConsoleBlock.Command> commands(boolean grpcurl) throws IOException {
        List<ConsoleBlock.Command> commands = Documents.all().stream()
                .flatMap(document -> ConsoleBlock.of(Documents.lines(document)).stream())
                .filter(block -> block.test().filter("SandboxPageIT"::equals).isPresent())
                .flatMap(block -> block.commands().stream())
                .filter(command ->
                        !command.word().equals("serve") && command.text().contains("grpcurl") == grpcurl)
                .toList();
        assertThat(commands)
                .hasSizeGreaterThan(3)
                .allSatisfy(command -> assertThat(WORDS).contains(command.word()));
        return commands;
    }

    private static boolean isShell(ConsoleBlock.Command command) {
        return command.text().contains("sandbox shell");
    }

    /** Runs the commands in one shell, in which the documents' variables are kept; returns the output of each. */
    private static List<String> outputs(List<ConsoleBlock.Command> commands) throws IOException {
        StringBuilder script = new StringBuilder("export NEUROVISOR_SOCKET=")
                .append(directory.resolve("daemon.sock"))
                .append(" PATH=\"$PATH:$NEUROVISOR_TEST_CLIENTS\"\ncd ")
                .append(directory)
                .append("\nexec 2>&1 </dev/null\n");
        for (ConsoleBlock.Command command : commands) {
            script.append("echo; echo '")
                    .append(MARK)
                    .append("'\n")
                    .append(command.text().replace("localhost:50051", "localhost:" + daemon.port()))
                    .append(isShell(command) ? " <keys\n" : "\n");
        }
        Path file = Files.writeString(directory.resolve("commands.sh"), script);
        HostCommand.Result run = HostCommand.run(List.of("bash", file.toString()));
        List<String> outputs = new ArrayList<>(List.of(run.stdout().split("\n" + MARK + "\n", -1)));
        outputs.removeFirst();
        assertThat(outputs).as(run.stdout()).hasSameSizeAs(commands);
        return outputs;
    }
}

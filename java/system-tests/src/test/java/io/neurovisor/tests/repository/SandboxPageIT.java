package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.lifecycle.DoomedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands about sandboxes that documents show, and compares their output. */
final class SandboxPageIT {
    /** The first words of the commands. The page's own daemon is replaced by one on free ports. */
    private static final Set<String> WORDS = Set.of(
            "serve",
            "sandbox",
            "id=$(./neurovisor",
            "again=$(./neurovisor",
            "pid=$(./neurovisor",
            "echo",
            "api=$(grpcurl",
            "grpcurl");

    /** Those of the block that stops its own daemon and starts the next one. */
    private static final Set<String> WORDS_OF_DAEMONS =
            Set.of("serve", "sandbox", "id=$(./neurovisor", "copies=$(./neurovisor", "for");

    private static final String OWN_DAEMON = "daemon=$!";
    private static final String AWAIT_DAEMON =
            "until ./neurovisor sandbox list >/dev/null 2>&1; do kill -0 $daemon || exit; sleep 0.2; done\n";

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

    @Test
    void grpcurlUsesASandbox() throws IOException {
        RealClient _ = RealClient.named("grpcurl");
        assertThat(String.join("\n", outputs(commands(true))))
                .containsSubsequence("\"data\": \"aGVsbG8K\"", "\"ended\"", "\"path\": \"", "\"data\": \"NDI=\"");
    }

    @Test
    void aSandboxOutlivesItsDaemon() throws IOException {
        List<ConsoleBlock.Command> commands = blocks(true).toList();
        assertThat(commands)
                .hasSizeGreaterThan(6)
                .allSatisfy(command -> assertThat(WORDS_OF_DAEMONS).contains(command.word()));
        try (DoomedRun files = DoomedRun.in("images", "kernels", "initrds", "templates")) {
            List<String> outputs = outputs("""
                    export NEUROVISOR_DATA_DIR=%s NEUROVISOR_SOCKET=%s NEUROVISOR_PORT=0 NEUROVISOR_METRICS_PORT=0 NEUROVISOR_HTTP_PORT=off
                    export NEUROVISOR_POOL_SIZE=0 NEUROVISOR_MAX_VMS=4 NEUROVISOR_MAX_SANDBOXES=4 NEUROVISOR_SIZE=small
                    trap 'kill -KILL $daemon' EXIT
                    """.formatted(files.data(), files.socket()), commands);
            String all = String.join("\n", outputs);
            for (int i = 0; i < commands.size(); i++) {
                if (!commands.get(i).output().isEmpty()) {
                    assertThat(outputs.get(i).lines())
                            .as(all)
                            .containsExactlyElementsOf(commands.get(i).output());
                }
                if (commands.get(i).text().contains("sleep 3;")) {
                    List<Integer> counts =
                            outputs.get(i).lines().map(Integer::valueOf).toList();
                    assertThat(counts).as(all).hasSize(2).doesNotHaveDuplicates();
                }
            }
            assertThat(outputs.getLast().lines())
                    .as("hostname and machine id of four sandboxes: " + all)
                    .hasSize(8)
                    .doesNotHaveDuplicates();
        }
    }

    /** Returns the commands of blocks that start a daemon of their own, or of the others, in the order of the documents. */
    private static Stream<ConsoleBlock.Command> blocks(boolean ownDaemon) throws IOException {
        return Documents.all().stream()
                .flatMap(document -> ConsoleBlock.of(Documents.lines(document)).stream())
                .filter(block -> block.test().filter("SandboxPageIT"::equals).isPresent())
                .map(ConsoleBlock::commands)
                .filter(commands ->
                        commands.stream().anyMatch(command -> command.text().contains(OWN_DAEMON)) == ownDaemon)
                .flatMap(List::stream);
    }

    /** Returns the commands for the common daemon, with or without grpcurl. */
    private static List<ConsoleBlock.Command> commands(boolean grpcurl) throws IOException {
        List<ConsoleBlock.Command> commands = blocks(false)
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
        return outputs("export NEUROVISOR_SOCKET=" + directory.resolve("daemon.sock") + "\n", commands);
    }

    private static List<String> outputs(String preparation, List<ConsoleBlock.Command> commands) throws IOException {
        StringBuilder script = new StringBuilder(preparation)
                .append("export PATH=\"$PATH:$NEUROVISOR_TEST_CLIENTS\"\ncd ")
                .append(directory)
                .append("\nexec 2>&1 </dev/null\n");
        for (ConsoleBlock.Command command : commands) {
            script.append("echo; echo '")
                    .append(MARK)
                    .append("'\n")
                    .append(command.text()
                            .replace("localhost:50051", "localhost:" + daemon.port())
                            // Its log is not the output of a command.
                            .replace("serve &", "serve >/dev/null 2>&1 &"))
                    .append(isShell(command) ? " <keys\n" : "\n")
                    .append(command.text().endsWith(OWN_DAEMON) ? AWAIT_DAEMON : "");
        }
        Path file = Files.writeString(directory.resolve("commands.sh"), script);
        HostCommand.Result run = HostCommand.run(List.of("bash", file.toString()));
        List<String> outputs = new ArrayList<>(List.of(run.stdout().split("\n" + MARK + "\n", -1)));
        outputs.removeFirst();
        assertThat(outputs).as(run.stdout()).hasSameSizeAs(commands);
        return outputs;
    }
}

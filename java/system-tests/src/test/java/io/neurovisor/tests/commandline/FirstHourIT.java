package io.neurovisor.tests.commandline;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Types what a newcomer types in the first hour, in a home directory of its own, and compares what is printed with
 * {@code first-hour.txt}, of which each line has been reviewed. With {@code NEUROVISOR_WRITE_PAGES=true} in the
 * environment it writes that file; review the difference then.
 */
final class FirstHourIT {
    private static final Path FILE = CommandLineRun.home()
            .resolve("java/system-tests/src/test/resources/io/neurovisor/tests/commandline/first-hour.txt");
    private static final boolean WRITES = Boolean.parseBoolean(System.getenv("NEUROVISOR_WRITE_PAGES"));
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final int OK = 200;

    /** A program that prints this is interrupted. */
    private static final String INTERRUPTIBLE = "press Ctrl-C";

    @TempDir
    private Path directory;

    private Path home;
    private int port;
    private int statusPort;
    private ScriptedOllama ollama;

    @BeforeEach
    void settle() throws IOException {
        home = directory.resolve("home");
        Path data = home.resolve(".local/share/neurovisor");
        Files.createDirectories(data.getParent());
        Files.move(DataDirectories.ready(directory), data);
        DataDirectories.rememberDigests(data);
        Files.createDirectory(
                directory.resolve("run"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createSymbolicLink(home.resolve("neurovisor"), CommandLineRun.home());
        port = freePort();
        statusPort = freePort();
        ollama = new ScriptedOllama(
                calls("python:print([n for n in range(2, 30) if all(n % d for d in range(2, n))])"),
                says("There are 10: 2, 3, 5, 7, 11, 13, 17, 19, 23 and 29."));
    }

    @AfterEach
    void leave() {
        ollama.close();
        List<String> _ = typed("test ! -e $XDG_RUNTIME_DIR/neurovisor/daemon.sock || neurovisor/neurovisor stop");
    }

    @Test
    void printsWhatWasReviewed() throws IOException {
        RealClient _ = RealClient.named("grpcurl");
        Transcript reviewed = Transcript.of(Files.readAllLines(FILE));
        Transcript printed = new Transcript(reviewed.steps().stream()
                .map(step -> step.printing(typed(step.command())))
                .toList());
        if (WRITES) {
            Files.writeString(FILE, printed.text());
        } else {
            assertThat(printed.compared())
                    .as("%s; after a review, NEUROVISOR_WRITE_PAGES=true ./neurovisor test FirstHourIT writes it", FILE)
                    .isEqualTo(reviewed.compared());
        }
    }

    @Test
    void usesNothingOutsideOfItsHome() {
        assertThat(typed("neurovisor/neurovisor config show | grep ^data-dir"))
                .singleElement()
                .asString()
                .startsWith("data-dir  ~/.local/share/neurovisor ");
    }

    /** Runs a command to its end, except for a daemon in the background, and returns what it has printed. */
    private List<String> typed(String command) {
        List<String> lines = new ArrayList<>();
        try {
            Process process = start(command);
            process.getOutputStream().close();
            BufferedReader output = process.inputReader();
            String line = output.readLine();
            while (line != null) {
                lines.add(normalized(line));
                if (line.contains(INTERRUPTIBLE)) {
                    lines.add("^C");
                    interrupt(process);
                }
                line = output.readLine();
            }
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                lines.add("[exit code " + exitCode + "]");
            }
            if (command.endsWith("&")) {
                await().atMost(LIMIT).ignoreExceptions().until(this::isReady);
            }
        } catch (IOException exception) {
            throw new AssertionError(command + " cannot be run", exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
        return lines;
    }

    private Process start(String command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", command)
                .directory(home.toFile())
                .redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("NEUROVISOR_") || name.startsWith("XDG_"));
        environment.putAll(Map.of(
                "HOME",
                home.toString(),
                // The script removes this user's data: nothing may be outside.
                "XDG_DATA_HOME",
                home.resolve(".local/share").toString(),
                "XDG_CONFIG_HOME",
                home.resolve(".config").toString(),
                "XDG_RUNTIME_DIR",
                directory.resolve("run").toString(),
                "PATH",
                home.resolve(".local/bin") + ":" + System.getenv("PATH") + ":"
                        + System.getenv("NEUROVISOR_TEST_CLIENTS"),
                "OLLAMA_HOST",
                ollama.address(),
                // Other tests may have a daemon at the default ports.
                "NEUROVISOR_PORT",
                Integer.toString(port),
                "NEUROVISOR_METRICS_PORT",
                Integer.toString(statusPort),
                "NEUROVISOR_POOL_SIZE",
                "1"));
        return builder.start();
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        int exitCode = new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                .start()
                .waitFor();
        assertThat(exitCode).as("kill").isZero();
    }

    private String normalized(String line) {
        return Transcript.normalized(line.replace(home.toString(), "~")
                .replace(directory.resolve("run").toString(), "/run/user/1000")
                .replace(CommandLineRun.home().toString(), "CHECKOUT")
                .replace(ollama.address(), "localhost:11434")
                .replace(":" + port, ":50051")
                .replace(":" + statusPort, ":9090"));
    }

    private boolean isReady() throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + statusPort + "/ready").toURL().openConnection();
        try {
            return connection.getResponseCode() == OK;
        } finally {
            connection.disconnect();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

package io.neurovisor.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.neurovisor.cli.CommandRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code stop}, {@code logs}, {@code ps} and {@code status} against a process that holds the lock of a daemon's socket. */
final class DaemonCommandsTest {
    @TempDir
    private Path directory;

    @Test
    void stopEndsTheDaemonOfTheSocket() throws Exception {
        Process daemon = daemon("");
        try {
            CommandRun run = run("stop");
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            assertThat(daemon.isAlive()).isFalse();
            assertThat(run.stderr())
                    .isEqualTo("neurovisor: the daemon, process " + daemon.pid()
                            + ", finishes its running executions\nneurovisor: the daemon has ended\n");
        } finally {
            daemon.destroyForcibly();
        }
    }

    @Test
    void logsPrintsTheLastLinesOfTheFile() throws Exception {
        Process daemon = daemon("");
        try {
            CommandRun run = run("logs", "-n", "2", "--quiet");
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            assertThat(run.stdout()).isEqualTo("second  [31m\nlocked\n");
        } finally {
            daemon.destroyForcibly();
        }
    }

    @Test
    void reportsThatThereIsNoDaemon() throws IOException {
        // An unlocked file is what a daemon that was killed leaves behind.
        FileChannel.open(lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .close();
        for (String command : new String[] {"stop", "logs"}) {
            CommandRun run = run(command);
            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.stderr()).contains("no daemon of this user serves " + directory.resolve("d.sock"));
        }
        assertThat(CommandRun.of("ps", "--metrics-port=1").exitCode()).isEqualTo(3);
    }

    @Test
    void findsTheMetricsPortOfThisUsersDaemon() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        int port = server.getAddress().getPort();
        Process daemon = daemon("127.0.0.1 " + port + "\n");
        try {
            for (String command : new String[] {"ps", "status"}) {
                assertThat(run(command).stderr()).contains("http://127.0.0.1:" + port + " responds with status 404");
                assertThat(run(command, "--metrics-port=0").stderr()).contains(":" + port + " responds with");
                assertThat(run(command, "--metrics-port=1").stderr()).contains("http://127.0.0.1:1 refuses");
                assertThat(run(command, "--metrics-listen=127.0.0.2").stderr())
                        .contains("http://127.0.0.2:9090 refuses");
            }
        } finally {
            daemon.destroyForcibly();
            server.stop(0);
        }
    }

    @Test
    void anyFreePortIsUnknownWithoutARecord() throws Exception {
        CommandRun without = run("ps", "--metrics-port=0");
        assertThat(without.exitCode()).isEqualTo(3);
        assertThat(without.stderr()).contains("no daemon of this user serves " + directory.resolve("d.sock"));
        Process daemon = daemon("127.0.0.1 123456\n");
        try {
            assertThat(run("ps", "--metrics-port=0").stderr()).contains("port 0 means any free port");
        } finally {
            daemon.destroyForcibly();
        }
    }

    private CommandRun run(String command, String... options) {
        String[] arguments = new String[options.length + 3];
        arguments[0] = command;
        arguments[1] = "--socket";
        arguments[2] = directory.resolve("d.sock").toString();
        System.arraycopy(options, 0, arguments, 3, options.length);
        return CommandRun.of(arguments);
    }

    private Path lock() {
        return directory.resolve("d.sock.lock");
    }

    /** @param recorded the content of the lock file */
    private Process daemon(String recorded) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        FakeDaemon.class.getName(),
                        lock().toString(),
                        recorded)
                .redirectError(directory.resolve("log").toFile())
                .start();
        assertThat(process.inputReader().readLine()).isEqualTo("locked");
        return process;
    }

    /** Holds a lock and logs, until it is ended. */
    static final class FakeDaemon {
        private FakeDaemon() {}

        public static void main(String[] arguments) throws IOException {
            try (FileChannel channel =
                    FileChannel.open(Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                channel.write(ByteBuffer.wrap(arguments[1].getBytes(StandardCharsets.US_ASCII)));
                System.err.println("first\nsecond \u001b[31m\nlocked");
                System.out.println("locked");
                while (System.in.read() >= 0) {}
            }
        }
    }
}

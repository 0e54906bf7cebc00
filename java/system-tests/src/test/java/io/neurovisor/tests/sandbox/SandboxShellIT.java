package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Uses {@code sandbox shell} as a person does, on a terminal that script(1) opens: size, job control, Ctrl-C, vi, and the
 * end.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@SuppressWarnings("JdkObsolete") // A StringBuffer is written and read by two threads.
final class SandboxShellIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;

    private final StringBuffer shown = new StringBuffer();
    /** The length of the output that was expected and has come. */
    private int seen;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=4", "--size=small");
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @ShortTier
    @Test
    void behavesLikeALocalTerminal() throws IOException, InterruptedException {
        CommandLineRun created = RunningDaemon.runBy(directory, "sandbox", "create");
        assertThat(created.exitCode()).as(created.stderr()).isZero();
        String id = created.stdout().strip();
        Process terminal = shell(id);
        type(terminal, "stty size; tty\r");
        expect("30 90\r\n/dev/pts/");

        type(terminal, "sh -c 'echo run\"\"ning; exec sleep 1000'\r");
        expect("running");
        type(terminal, "\u001a");
        expect("Stopped");
        type(terminal, "jobs; fg\r");
        // The shell has named it when it stopped, jobs names it, and so does fg.
        for (int i = 0; i < 3; i++) {
            expect("exec sleep 1000");
        }
        type(terminal, "\u0003");
        expect("$ ");
        type(terminal, "echo inter''rupted $?\r");
        expect("interrupted 130");

        resize(40, 100);
        typeUntil(terminal, "stty size\r", "40 100");

        edits(terminal, id);

        type(terminal, "exit 9\r");
        assertThat(terminal.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as(shown::toString)
                .isTrue();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(shown).contains("after="));
        assertThat(shown).contains("code=9");
        assertThat(setting("after=")).isEqualTo(setting("before="));
    }

    /** Edits a file by vi, whose screen follows the size of the terminal. */
    private void edits(Process terminal, String id) throws IOException, InterruptedException {
        type(terminal, "vi note.txt\r");
        expect("\u001b[?1049h");
        expect("note.txt");
        type(terminal, "itwo words");
        expect("two words");
        type(terminal, "\u001b");
        resize(45, 110);
        // The answer is printed on the last line of the new size.
        typeUntil(terminal, ":set lines?\r", "lines=45");
        type(terminal, "0cwsome\u001b:wq\r");
        expect("\u001b[?1049l");
        expect("$ ");
        CommandLineRun saved = RunningDaemon.runBy(directory, "sandbox", "exec", id, "--", "cat", "note.txt");
        assertThat(saved.stdout()).as(saved.stderr()).isEqualTo("some words\n");
    }

    private Process shell(String id) throws IOException {
        String command = "stty rows 30 cols 90; echo local=$(tty); echo before=$(stty -g); "
                + CommandLineRun.home().resolve("neurovisor") + " sandbox shell " + id
                + "; echo code=$?; echo after=$(stty -g)";
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", command, "/dev/null").redirectErrorStream(true);
        builder.environment()
                .put("NEUROVISOR_SOCKET", directory.resolve("daemon.sock").toString());
        builder.environment().put("TERM", "xterm");
        Process terminal = builder.start();
        Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[8192];
            try (InputStream output = terminal.getInputStream()) {
                for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
                    shown.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                }
            } catch (IOException exception) {
                shown.append(exception);
            }
        });
        expect("$ ");
        return terminal;
    }

    private static void type(Process terminal, String keys) throws IOException {
        terminal.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        terminal.getOutputStream().flush();
    }

    /** Waits for output, and forgets what was shown before it. */
    private void expect(String output) {
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(shown.substring(seen)).contains(output));
        seen = shown.indexOf(output, seen) + output.length();
    }

    /** Types until there is this output: a new size and what is typed are two messages to the guest. */
    private void typeUntil(Process terminal, String keys, String output) {
        await().atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> {
                    type(terminal, keys);
                    assertThat(shown.substring(seen)).contains(output);
                });
        seen = shown.indexOf(output, seen) + output.length();
    }

    private void resize(int rows, int columns) throws IOException, InterruptedException {
        Matcher local = Pattern.compile("local=(/dev/pts/\\d+)").matcher(shown);
        assertThat(local.find()).isTrue();
        assertThat(new ProcessBuilder("stty", "-F", local.group(1), "rows", "" + rows, "cols", "" + columns)
                        .start()
                        .waitFor())
                .isZero();
    }

    private String setting(String name) {
        return shown.substring(shown.indexOf(name) + name.length())
                .lines()
                .findFirst()
                .orElseThrow();
    }
}

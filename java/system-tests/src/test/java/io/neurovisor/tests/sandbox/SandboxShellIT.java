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
 * Uses {@code sandbox shell} as a person does, on a terminal that script(1) opens: size, job control, Ctrl-C, a program that
 * reads single keys, and the end.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@SuppressWarnings("JdkObsolete") // A StringBuffer is written and read by two threads.
final class SandboxShellIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Reads keys as an editor does: on the alternate screen, in raw mode. Its output differs from its echo. */
    private static final String EDITOR = "python3 -c 'import tty,os,termios; old=termios.tcgetattr(0); tty.setraw(0);"
            + " print(\"\\033[?1049hedi\"+\"tor\",end=\"\",flush=True); keys=b\"\".join(os.read(0,1) for _ in range(4));"
            + " termios.tcsetattr(0,termios.TCSADRAIN,old); print(\"\\033[?1049l\",keys)'";

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
        Process terminal = shell(created.stdout().strip());
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
        type(terminal, "stty size\r");
        expect("40 100");

        type(terminal, EDITOR + "\r");
        expect("\u001b[?1049heditor");
        type(terminal, "\u0003\u001b[A");
        expect("b'\\x03\\x1b[A'");

        type(terminal, "exit 9\r");
        assertThat(terminal.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as(shown::toString)
                .isTrue();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(shown).contains("after="));
        assertThat(shown).contains("code=9");
        assertThat(setting("after=")).isEqualTo(setting("before="));
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

package io.neurovisor.cli.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.Main;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.TerminalSize;
import io.neurovisor.server.client.Pause;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands in a separate process: on a terminal that script(1) opens, or with signals of kill(1). */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
@SuppressWarnings({"NullAway.Init", "JdkObsolete"}) // Set before each test; a StringBuffer is used by two threads.
final class SandboxTerminalTest {
    private static final String ID = "abcd" + "e".repeat(16);
    private static final long LIMIT_SECONDS = 60;
    private static final Pattern TERMINAL = Pattern.compile("/dev/pts/\\d+");

    @TempDir
    private Path directory;

    private FakeSandboxDaemon daemon;
    private final StringBuffer shown = new StringBuffer();

    @BeforeEach
    void open() throws IOException {
        daemon = FakeSandboxDaemon.at(directory.resolve("s"));
        daemon.add(ID, "mine");
    }

    @AfterEach
    void close() {
        daemon.close();
    }

    @Test
    void aShellGetsEveryKeyAndTheSizeOfTheTerminal() throws Exception {
        Process terminal = onTerminal("shell");
        awaitRaw(terminal);
        assertThat(daemon.processes().started().getFirst().getPty())
                .isEqualTo(TerminalSize.newBuilder().setRows(30).setCols(90).build());
        assertThat(daemon.processes().started().getFirst().getEnvMap()).containsEntry("TERM", "vt220");
        type(terminal, "a\u0003\u001a\u0004\u0011\r\n\u001b[A");
        await("the keys", () -> shown.indexOf("<41>") >= 0);
        assertThat(shown.toString().replaceAll("[^<>0-9a-f]", "")).contains("<61><03><1a><04><11><0d><0a><1b><5b><41>");
        // Neither is a key shown by the local terminal, nor does it change line feeds.
        assertThat(shown.substring(shown.indexOf("<61>"))).startsWith("<61>\n<03>\n<1a>\n");

        resize(40, 100);
        TerminalSize size = TerminalSize.newBuilder().setRows(40).setCols(100).build();
        await("the size", () -> daemon.processes().sizes().contains(size));
        type(terminal, "q");
        assertEnded(terminal, 7);
    }

    @Test
    void sigtermRestoresTheTerminal() throws Exception {
        Process terminal = onTerminal("shell");
        awaitRaw(terminal);
        assertThat(java(terminal).destroy()).isTrue();
        assertEnded(terminal, 143);
    }

    @Test
    void aLostDaemonRestoresTheTerminal() throws Exception {
        Process terminal = onTerminal("shell");
        awaitRaw(terminal);
        daemon.close();
        assertEnded(terminal, 126);
        assertThat(shown).contains("\r\nneurovisor: the daemon at " + directory.resolve("s") + " was lost");
    }

    @Test
    void aKeyDetachesFromAProcessWithATerminal() throws Exception {
        int pid = daemon.processes()
                .add(StartRequest.newBuilder()
                        .setSandboxId(ID)
                        .setCommand("sh")
                        .setPty(TerminalSize.newBuilder().setRows(24).setCols(80))
                        .build());
        Process terminal = onTerminal("attach", Integer.toString(pid));
        awaitRaw(terminal);
        type(terminal, "a\u001d");
        assertEnded(terminal, 130);
        await("the key", () -> daemon.processes().received().equals("a"));
        assertThat(shown).contains("\nneurovisor: detached from process " + pid + ", which goes on");
        assertThat(daemon.processes().signals()).isEmpty();
    }

    @Test
    void ctrlCInterruptsThenKillsThenDetaches() throws Exception {
        Process command = new ProcessBuilder(command("exec", "--", "immortal"))
                .redirectErrorStream(true)
                .start();
        collect(command);
        await("the start", () -> !daemon.processes().started().isEmpty());
        for (List<Integer> sent : List.of(List.of(2), List.of(2, 9))) {
            interrupt(command);
            await("signals " + sent, () -> daemon.processes().signals().equals(sent));
        }
        interrupt(command);
        assertThat(command.waitFor()).as(shown::toString).isEqualTo(130);
        await(
                "the note",
                () -> shown.indexOf(
                                "neurovisor: detached from process 100, which goes on; the rest: neurovisor sandbox attach "
                                        + ID + " 100 --stdout-from 0 --stderr-from 0\n")
                        >= 0);
    }

    private static void interrupt(Process command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(command.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private String[] command(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "sandbox",
                name,
                "--socket",
                directory.resolve("s").toString(),
                ID));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    /** Starts a command on a terminal of 30 rows and 90 columns; its settings are printed before and after. */
    private Process onTerminal(String name, String... arguments) throws IOException {
        String script = "stty rows 30 cols 90; tty; echo before=$(stty -g); "
                + String.join(" ", command(name, arguments)) + "; echo code=$?; echo after=$(stty -g)";
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", script, "/dev/null").redirectErrorStream(true);
        builder.environment().put("TERM", "vt220");
        Process terminal = builder.start();
        collect(terminal);
        return terminal;
    }

    private void collect(Process process) {
        Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[8192];
            try (InputStream output = process.getInputStream()) {
                for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
                    shown.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                }
            } catch (IOException exception) {
                shown.append(exception);
            }
        });
    }

    /** The size is sent when the terminal has been set to raw mode. */
    private void awaitRaw(Process terminal) {
        await("raw mode", () -> !daemon.processes().sizes().isEmpty() || !terminal.isAlive());
        assertThat(terminal.isAlive()).as(shown::toString).isTrue();
    }

    private void resize(int rows, int columns) throws IOException, InterruptedException {
        Matcher device = TERMINAL.matcher(shown);
        assertThat(device.find()).as(shown::toString).isTrue();
        Process stty = new ProcessBuilder(
                        "stty", "-F", device.group(), "rows", Integer.toString(rows), "cols", Integer.toString(columns))
                .start();
        assertThat(stty.waitFor()).isZero();
    }

    private static void type(Process terminal, String keys) throws IOException {
        OutputStream input = terminal.getOutputStream();
        input.write(keys.getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    private static ProcessHandle java(Process terminal) {
        return terminal.descendants()
                .filter(process -> process.info()
                        .command()
                        .filter(path -> path.endsWith("/java"))
                        .isPresent())
                .findFirst()
                .orElseThrow();
    }

    private void assertEnded(Process terminal, int exitCode) throws InterruptedException {
        assertThat(terminal.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                .as(shown::toString)
                .isTrue();
        await("the settings", () -> shown.indexOf("after=") >= 0);
        assertThat(shown).contains("code=" + exitCode + "\r\n");
        assertThat(setting("after=")).isEqualTo(setting("before="));
    }

    private String setting(String name) {
        return shown.substring(shown.indexOf(name) + name.length())
                .lines()
                .findFirst()
                .orElseThrow();
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what + " in " + shown).isLessThan(end);
            Pause.of(Duration.ofMillis(20));
        }
    }
}

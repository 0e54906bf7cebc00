package io.neurovisor.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.testkit.GrowingTimeout;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ToolTest {
    @TempDir
    private Path directory;

    @Test
    void returnsTheLinesOfStandardOutput() {
        assertThat(Tool.of(shell("echo one; echo; printf 'two\\rthree'")).lines())
                .containsExactly("one", "two", "three");
    }

    @Test
    void nonZeroExitIsAResultWithTheLastMessages() {
        ToolResult result =
                Tool.of(shell("echo first >&2; echo 'it broke' >&2; exit 7")).run();

        assertThat(result.failed()).isTrue();
        assertThat(result.exitCode()).isEqualTo(7);
        assertThat(result.messages()).containsExactly("first", "it broke");
        assertThatThrownBy(result::orThrow)
                .isInstanceOf(NeuroVisorException.class)
                .hasMessage("sh failed with exit code 7: it broke");
    }

    @Test
    void reportsThePackageOfAMissingProgram() {
        ToolCommand missing = ToolCommand.of("neurovisor-no-such-program", "some-package");

        assertThat(missing.find()).isEmpty();
        assertFault(() -> Tool.of(shell("true"), missing).run(), Fault.TOOL_FAILED)
                .hasMessage(
                        "neurovisor-no-such-program is not installed; run ./neurovisor setup (Debian package some-package)");
    }

    @Test
    void pipesProgramsIntoAFile() throws IOException {
        Path input = Files.writeString(directory.resolve("in"), "b\na\n");
        Path output = directory.resolve("out");

        ToolResult result = Tool.of(
                        ToolCommand.of("cat", "coreutils", input.toString()), ToolCommand.of("sort", "coreutils"))
                .output(output)
                .run();

        assertThat(result.failed()).isFalse();
        assertThat(output).hasContent("a\nb\n");
    }

    @Test
    void reportsTheProgramThatFailedFirst() {
        ToolResult result = Tool.of(shell("while :; do echo y; done"), ToolCommand.of("false", "coreutils"))
                .run();

        assertThat(result.program()).isEqualTo("false");
    }

    @Test
    void environmentIsAddedAndRemoved() {
        ToolCommand command = shell("echo ${ADDED-none} ${HOME-none}")
                .withEnvironment("ADDED", "yes")
                .withEnvironment("HOME", "");

        assertThat(Tool.of(command).lines()).containsExactly("yes none");
    }

    @Test
    void guardIsNotBlamedForAMissingProgram() {
        List<String> guard = List.of("env", "GUARDED=yes");

        assertThat(Tool.of(shell("echo $GUARDED").below(guard)).lines()).containsExactly("yes");
        assertFault(
                        () -> Tool.of(ToolCommand.of("no-such-program", "no-such-package")
                                        .below(guard))
                                .run(),
                        Fault.TOOL_FAILED)
                .hasMessageStartingWith("no-such-program is not installed");
    }

    @Test
    void standardInputIsEmpty() {
        assertThat(Tool.of(ToolCommand.of("cat", "coreutils")).lines()).isEmpty();
    }

    @Test
    void deadlineEndsTheProgramWithItsChildren() {
        List<String> pids = pidsUntilDeadline(
                Duration.ofMillis(500), "did not end within ", Tool.of(shell("sleep 1000 & echo $!; wait")));
        assertThat(pids).singleElement().satisfies(pid -> assertThat(alive(pid)).isFalse());
    }

    @Test
    void interruptEndsTheProgramAndKeepsTheFlag() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        List<String> pids = new ArrayList<>();
        AtomicBoolean flag = new AtomicBoolean();
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread runner = Thread.ofPlatform().start(() -> {
            try {
                Tool.of(shell("sleep 1000 & echo $!; wait"))
                        .outputLines(pid -> {
                            pids.add(pid);
                            started.countDown();
                        })
                        .run();
            } catch (NeuroVisorException cancelled) {
                flag.set(Thread.currentThread().isInterrupted());
                failure.complete(cancelled);
            }
        });
        started.await();
        runner.interrupt();

        assertThat(failure.get(30, TimeUnit.SECONDS))
                .asInstanceOf(type(NeuroVisorException.class))
                .extracting(NeuroVisorException::fault)
                .isEqualTo(Fault.INTERRUPTED);
        assertThat(flag).isTrue();
        assertThat(alive(pids.getFirst())).isFalse();
    }

    /**
     * A virtual thread that reads a pipe blocks its carrier. Half a minute later, when the spare carriers of the JVM
     * have ended, no other virtual thread can run if as many tools are silent as the host has processors.
     */
    @Test
    void readsOutputInAThreadThatMayBlock() {
        AtomicBoolean virtual = new AtomicBoolean(true);
        Tool.of(shell("true"))
                .output(_ -> virtual.set(Thread.currentThread().isVirtual()))
                .run();
        assertThat(virtual).isFalse();
    }

    @Test
    void interruptedThreadStartsNothing() {
        Path trace = directory.resolve("trace");
        Thread.currentThread().interrupt();

        assertFault(() -> Tool.of(shell("touch " + trace)).run(), Fault.INTERRUPTED);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(trace).doesNotExist();
    }

    @Test
    void programThatIgnoresTermIsKilled() throws Exception {
        List<String> pids = pidsUntilDeadline(
                Duration.ofMillis(300),
                "",
                Tool.of(shell("trap '' TERM; echo $$; while :; do sleep 0.2; done"))
                        .grace(Duration.ofMillis(100)));
        assertThat(alive(pids.getFirst())).isFalse();
    }

    /** Returns the output of a tool until its deadline; the deadline is extended while there is no output. */
    private static List<String> pidsUntilDeadline(Duration first, String message, Tool tool) {
        List<String> pids = new ArrayList<>();
        return GrowingTimeout.from(
                first,
                deadline -> {
                    assertFault(
                                    () -> tool.outputLines(pids::add)
                                            .deadline(deadline)
                                            .run(),
                                    Fault.TOOL_FAILED)
                            .hasMessageContaining(message);
                    return pids;
                },
                said -> !said.isEmpty());
    }

    @Test
    void floodNeitherBlocksNorFillsMemory() {
        AtomicLong lines = new AtomicLong();
        AtomicLong longest = new AtomicLong();

        ToolResult result = Tool.of(shell("head -c 50000000 /dev/zero | tr '\\0' x >&2; head -c 50000000 /dev/zero"))
                .messages(line -> {
                    lines.incrementAndGet();
                    longest.accumulateAndGet(line.length(), Math::max);
                })
                .run();

        assertThat(result.failed()).isFalse();
        assertThat(lines).hasValueGreaterThan(6000);
        assertThat(longest).hasValue(OutputLines.MAX_LINE_BYTES);
    }

    @Test
    void readerThatFailsEndsTheRun() {
        assertFault(
                        () -> Tool.of(shell("while :; do echo y; done"))
                                .output(content -> {
                                    throw new IOException("bad archive");
                                })
                                .run(),
                        Fault.TOOL_FAILED)
                .hasMessage("The output of sh could not be processed: bad archive");
    }

    @RepeatedTest(20)
    void reportsTheProgramsFailureBeforeItsReaders() {
        ToolResult result = Tool.of(shell("echo 'no network' >&2; exit 3"))
                .output(content -> {
                    throw new IOException("truncated archive");
                })
                .run();

        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.lastMessage()).isEqualTo("no network");
    }

    /** A second JVM runs a tool and receives SIGTERM, as by Ctrl-C; the tool must have cleaned up and ended. */
    @Test
    void endOfTheJvmEndsTheTool() throws Exception {
        Path cleaned = directory.resolve("cleaned");
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ToolInOtherJvm.class.getName(),
                        "trap 'touch " + cleaned + "; exit 0' TERM; echo $$; while :; do sleep 0.1; done")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader output = jvm.inputReader()) {
            String pid = output.readLine();
            jvm.destroy();

            assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(cleaned).exists();
            assertThat(alive(pid)).isFalse();
        } finally {
            jvm.destroyForcibly();
        }
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertFault(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Fault fault) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
    }

    private static boolean alive(String pid) {
        // A dead orphan that init has not reaped yet still has a handle.
        Optional<ProcessHandle> handle = ProcessHandle.of(Long.parseLong(pid));
        if (handle.isEmpty()) {
            return false;
        }
        try {
            return !Files.readString(Path.of("/proc", pid, "stat")).contains(") Z ");
        } catch (IOException gone) {
            return false;
        }
    }

    private static ToolCommand shell(String script) {
        return ToolCommand.of("sh", "dash", "-c", script);
    }
}

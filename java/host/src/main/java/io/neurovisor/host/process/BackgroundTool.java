package io.neurovisor.host.process;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A run of one host program beside this process, until it is ended.
 *
 * <p>Properties: no shell, empty standard input, standard output and error drained. It ends by itself, by {@link #close} or
 * with the JVM; all processes that it started are gone afterwards.
 */
public final class BackgroundTool implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(15);

    private final Process process;
    private final ProcessFamily family;
    private final ShutdownHook hook;

    private BackgroundTool(Process process) {
        this.process = requireNonNull(process, "process is null");
        this.family = new ProcessFamily(List.of(process), GRACE);
        this.hook = ShutdownHook.add(family::end);
    }

    /**
     * Begins a run.
     *
     * @param lines hears what it prints, on a thread of its own
     */
    public static BackgroundTool start(ToolCommand command, Consumer<String> lines) {
        try {
            Process process = command.processBuilder().redirectErrorStream(true).start();
            process.getOutputStream().close();
            Thread.ofPlatform().daemon().name("output of " + command.program()).start(() -> drain(process, lines));
            return new BackgroundTool(process);
        } catch (IOException failure) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, command.program() + " cannot be started: " + failure.getMessage(), failure);
        }
    }

    private static void drain(Process process, Consumer<String> lines) {
        try {
            new OutputLines(lines).read(process.getInputStream());
        } catch (IOException ended) {
            // With the process.
        }
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** The exit code, 128 and the signal's number for one that was killed. */
    public int awaitExit(Duration limit) {
        try {
            if (process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                return process.exitValue();
            }
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "process " + process.pid() + " has not ended within " + limit.toSeconds() + " s");
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(
                    Fault.INTERRUPTED, "waiting for process " + process.pid() + " was cancelled", interrupt);
        }
    }

    @Override
    public void close() {
        try (hook) {
            family.end();
        }
    }
}

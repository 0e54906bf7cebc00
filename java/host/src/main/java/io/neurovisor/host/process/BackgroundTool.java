package io.neurovisor.host.process;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A host program that runs in the background until it is ended.
 *
 * <p>Properties: no shell, empty standard input, standard output and error are drained. It ends by itself, by {@link
 * #close} or with the JVM; all its child processes have ended afterwards.
 */
public final class BackgroundTool implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(15);

    private final Process process;
    private final ProcessFamily family;
    private final ShutdownHook hook;

    private BackgroundTool(Process process) {
        this.process = process;
        this.family = new ProcessFamily(List.of(process), GRACE);
        this.hook = ShutdownHook.add(family::end);
    }

    /**
     * Starts the program.
     *
     * @param lines receives its output in a separate thread
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
            // The process has ended.
        }
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Returns the exit code; 128 plus the signal's number if it was killed. */
    public int awaitExit(Duration limit) {
        try {
            if (process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                return process.exitValue();
            }
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "process " + process.pid() + " has not ended within " + limit.toSeconds() + " s");
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("waiting for process " + process.pid() + " was cancelled", interrupt);
        }
    }

    @Override
    public void close() {
        try (hook) {
            family.end();
        }
    }
}

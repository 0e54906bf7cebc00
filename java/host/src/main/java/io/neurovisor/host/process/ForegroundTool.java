package io.neurovisor.host.process;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A host program that runs with the standard streams of this process, and so with its terminal.
 *
 * <p>Properties: nothing is read, buffered or changed. The program ends by itself, by an interrupt of the calling
 * thread or with the JVM; all its child processes have ended afterwards.
 */
public record ForegroundTool(ToolCommand command) {
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** Returns the program's exit code. */
    public int run() {
        if (command.find().isEmpty()) {
            throw failed("is not installed; it comes with Debian package " + command.debianPackage(), null);
        }
        Process process = start();
        ProcessFamily family = new ProcessFamily(List.of(process), GRACE);
        try (ShutdownHook _ = ShutdownHook.add(family::end)) {
            return process.waitFor();
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted(command.program() + " was cancelled", interrupt);
        } finally {
            family.end();
        }
    }

    private Process start() {
        try {
            return command.processBuilder().inheritIO().start();
        } catch (IOException failure) {
            throw failed("cannot be started: " + failure.getMessage(), failure);
        }
    }

    private NeuroVisorException failed(String how, @org.jspecify.annotations.Nullable IOException cause) {
        return new NeuroVisorException(Fault.TOOL_FAILED, command.program() + " " + how, cause);
    }
}

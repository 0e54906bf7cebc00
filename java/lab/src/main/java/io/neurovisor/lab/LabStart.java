package io.neurovisor.lab;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts a lab machine: creates its keys and its disk, runs its QEMU and waits until it is ready. */
record LabStart(LabQemu qemu, LabDisk disk, Progress progress) {
    /** Long enough for a very busy host. */
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    private static final int SHOWN_CONSOLE_LINES = 8;

    /**
     * Starts the machine; returns when it accepts commands.
     *
     * @param files the machine's files, of which only the directory exists
     * @param runner runs QEMU until it ends or goes into the background
     */
    Lab start(LabName name, LabFiles files, Runner runner) throws InterruptedException {
        int port = freePort();
        LabKeys.make(files, port);
        qemu.writeSeed(files);
        progress.step("Making the lab's disk");
        disk.make(files);
        progress.step("Starting lab " + name);
        try (LabReadiness readiness = LabReadiness.listen()) {
            CompletableFuture<Boolean> ready = readiness.ready();
            CompletableFuture<ToolResult> process = runner.run(qemu.command(files, port, readiness.socket()));
            await(ready, process, files);
        }
        Lab lab = new Lab(name, files, port);
        lab.writeAddress();
        return lab;
    }

    /** Runs QEMU. */
    interface Runner {
        CompletableFuture<ToolResult> run(ToolCommand qemu);
    }

    private static void await(CompletableFuture<Boolean> ready, CompletableFuture<ToolResult> process, LabFiles files)
            throws InterruptedException {
        // A QEMU that went into the background has exited successfully, and the machine's report is still to come.
        CompletableFuture<Boolean> failed = process.thenCompose(
                result -> result.failed() ? CompletableFuture.completedFuture(false) : new CompletableFuture<>());
        try {
            Object outcome = CompletableFuture.anyOf(ready, failed).get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (Boolean.TRUE.equals(outcome)) {
                return;
            }
            throw failure("it ended while it started", process, files);
        } catch (TimeoutException late) {
            throw failure("it was not ready within %d s".formatted(TIMEOUT.toSeconds()), process, files);
        } catch (ExecutionException exception) {
            if (exception.getCause() instanceof NeuroVisorException known) {
                throw known;
            }
            throw new NeuroVisorException(Fault.LAB_FAILED, "The lab cannot be started: " + exception, exception);
        }
    }

    private static NeuroVisorException failure(String how, CompletableFuture<ToolResult> process, LabFiles files) {
        String qemu = process.isDone()
                        && !process.isCompletedExceptionally()
                        && process.join().failed()
                ? "QEMU: " + process.join().lastMessage() + "; "
                : "";
        return new NeuroVisorException(
                Fault.LAB_FAILED,
                "The lab cannot be used: %s. %sIts console: %s".formatted(how, qemu, lastLines(files)));
    }

    private static String lastLines(LabFiles files) {
        try {
            List<String> lines = Files.exists(files.console()) ? Files.readAllLines(files.console()) : List.of();
            return lines.isEmpty()
                    ? "nothing"
                    : String.join(" | ", lines.subList(Math.max(0, lines.size() - SHOWN_CONSOLE_LINES), lines.size()));
        } catch (IOException unreadable) {
            return "unreadable (" + unreadable.getMessage() + ")";
        }
    }

    /** Returns a free port of the loopback interface. Linux assigns it again only after many others. */
    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return socket.getLocalPort();
        } catch (IOException failure) {
            throw new NeuroVisorException(
                    Fault.LAB_FAILED, "There is no free port on 127.0.0.1: " + failure.getMessage(), failure);
        }
    }
}

package io.neurovisor.server.audit;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.VmId;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log of a data directory: a line for each accepted execution, another for its end, one for each change of a
 * sandbox and its end, and one for each attempt of a VMM. Thread-safe, also across processes.
 *
 * <ul>
 *   <li>Lines that arrive while others are being written share the next write to the disk.
 *   <li>An execution whose first line cannot be written is rejected. When there is space again the next one is
 *       accepted.
 *   <li>A last line that cannot be written is kept in memory and written before any other line, so there are at most as
 *       many of them as executions were running when the disk became full.
 * </ul>
 */
public final class AuditLog implements MachineListener, SandboxListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

    private final Consumer<byte[]> files;
    private final InstantSource clock;

    // A separate thread, because an execution's thread may be interrupted, and an interrupted thread cannot write to a
    // file.
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("audit").daemon().factory());

    private final Queue<Line> waiting = new ConcurrentLinkedQueue<>();

    /** Confined to the writer's thread. */
    private final Deque<byte[]> late = new ArrayDeque<>();

    /** A line that is not on disk yet. */
    private static final class Line {
        private final byte[] bytes;

        /** Whether a failure is reported; otherwise the line is kept and written later. */
        private final boolean required;

        private final CompletableFuture<Void> written = new CompletableFuture<>();

        Line(byte[] bytes, boolean required) {
            this.bytes = bytes;
            this.required = required;
        }
    }

    /**
     * @param directory for the log only
     * @param maxBytes of all its files together; the oldest lines are removed; empty for no limit
     */
    public AuditLog(Path directory, OptionalLong maxBytes, InstantSource clock) {
        this(new AuditFiles(directory, maxBytes)::add, clock);
    }

    /** @param files writes lines to the disk */
    AuditLog(Consumer<byte[]> files, InstantSource clock) {
        this.files = files;
        this.clock = clock;
    }

    /**
     * Writes the first line of an execution and waits until it is on disk.
     *
     * @throws NeuroVisorException {@code STORAGE_FAILED} if it is not, in which case the execution must not start
     */
    public AuditedExecution accept(AuditedCall call, ExecutionRequest request) {
        byte[] line = AuditLine.accepted(clock.instant(), call, request);
        try {
            await(add(line, true));
        } catch (NeuroVisorException failure) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "Nothing is executed without an entry in the audit log. " + failure.getMessage(),
                    failure);
        }
        return new AuditedExecution(this, clock, call, request.traceId());
    }

    /**
     * Writes the line of a change and waits until it is on disk.
     *
     * @throws NeuroVisorException {@code STORAGE_FAILED} if it is not, in which case the change must not be made
     */
    public void require(AuditedChange change) {
        try {
            await(add(AuditLine.changed(clock.instant(), change), true));
        } catch (NeuroVisorException failure) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "No sandbox is changed without an entry in the audit log. " + failure.getMessage(),
                    failure);
        }
    }

    /** Writes the line of a change that was made. Never fails: a line that cannot be written now is written later. */
    public void log(AuditedChange change) {
        addLast(AuditLine.changed(clock.instant(), change));
    }

    /** Logs the number of files of a sandbox that its owner has written, and their bytes. */
    public void filesWritten(String tenant, SandboxId id, long files, long bytes) {
        addLast(AuditLine.filesWritten(clock.instant(), tenant, id, files, bytes));
    }

    /** Does not wait for the disk, because the machine of the sandbox may just have ended. */
    @Override
    public void ended(SandboxRecord sandbox, SandboxEnd end, String detail) {
        addSoon("the end", sandbox, AuditLine.sandboxEnded(clock.instant(), sandbox, end));
    }

    @Override
    public void paused(Sandbox sandbox) {
        addSoon("the pause", sandbox.record(), AuditLine.sandboxPaused(clock.instant(), sandbox.record()));
    }

    @Override
    public void resumed(Sandbox sandbox) {
        addSoon("the resumption", sandbox.record(), AuditLine.sandboxResumed(clock.instant(), sandbox.record()));
    }

    private void addSoon(String event, SandboxRecord sandbox, byte[] line) {
        try {
            Future<Void> _ = add(line, false);
        } catch (RejectedExecutionException closed) {
            LOG.error("{} of sandbox {} arrived after the audit log was closed", event, sandbox.id());
        }
    }

    /** Does not wait for the disk, because the calling thread reads further reports. */
    @Override
    public void blocked(VmId id, BlockedAttempt attempt) {
        byte[] line = AuditLine.blocked(clock.instant(), id, attempt);
        try {
            Future<Void> _ = add(line, false);
        } catch (RejectedExecutionException closed) {
            LOG.error("{} of {} arrived after the audit log was closed", attempt, id);
        }
    }

    /** Never fails: a line that cannot be written now is written later. */
    void addLast(byte[] line) {
        await(add(line, false));
    }

    private Future<Void> add(byte[] bytes, boolean required) {
        Line line = new Line(bytes, required);
        waiting.add(line);
        writer.execute(this::writeWaiting);
        return line.written;
    }

    private void writeWaiting() {
        List<Line> lines = new ArrayList<>();
        for (Line line = waiting.poll(); line != null; line = waiting.poll()) {
            lines.add(line);
        }
        if (lines.isEmpty()) {
            return; // Written with an earlier line.
        }
        try {
            write(lines);
            lines.forEach(line -> line.written.complete(null));
        } catch (NeuroVisorException failure) {
            lines.forEach(line -> keepOrFail(line, failure));
        } catch (RuntimeException | Error defect) {
            lines.forEach(line -> line.written.completeExceptionally(defect));
        }
    }

    private void keepOrFail(Line line, NeuroVisorException failure) {
        if (line.required) {
            line.written.completeExceptionally(failure);
        } else {
            late.add(line.bytes);
            LOG.error("a line of the audit log is kept in memory: {}", failure.getMessage());
            line.written.complete(null);
        }
    }

    private void write(List<Line> lines) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        late.forEach(bytes::writeBytes);
        lines.forEach(line -> bytes.writeBytes(line.bytes));
        files.accept(bytes.toByteArray());
        late.clear();
    }

    /** Ignores interrupts, because the line must be written in any case. */
    private static void await(Future<?> written) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    written.get();
                    return;
                } catch (InterruptedException interrupt) {
                    interrupted = true;
                } catch (ExecutionException exception) {
                    if (exception.getCause() instanceof NeuroVisorException failure) {
                        throw failure;
                    }
                    throw new NeuroVisorException(
                            Fault.INTERNAL, "the audit log failed: " + exception.getCause(), exception);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Tries once more to write the missing lines. */
    @Override
    public void close() {
        await(writer.submit(() -> {
            try {
                if (!late.isEmpty()) {
                    write(List.of());
                }
            } catch (NeuroVisorException failure) {
                LOG.error("{} lines are missing in the audit log: {}", late.size(), failure.getMessage());
            }
        }));
        writer.shutdown();
    }
}

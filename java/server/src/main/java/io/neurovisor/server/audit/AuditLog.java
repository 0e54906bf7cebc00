package io.neurovisor.server.audit;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxListener;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.VmId;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log of a data directory: a line when an execution is accepted, another when it has ended, and one for what a VMM
 * has tried. Safe for use by many threads, and by processes at the same time.
 *
 * <ul>
 *   <li>An execution whose first line cannot be written is refused. When there is space again the next one is accepted.
 *   <li>A last line that cannot be written is kept, and written before anything else is: so there are at most as many of
 *       them as there were executions when the disk became full.
 * </ul>
 */
public final class AuditLog implements SandboxListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

    private final AuditFiles files;
    private final InstantSource clock;

    // The thread of an execution may be interrupted, and an interrupted thread can write no file.
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("audit").daemon().factory());

    /** Only the writer's thread looks at it. */
    private final Deque<byte[]> late = new ArrayDeque<>();

    /**
     * @param directory for the log alone
     * @param maxBytes of all its files together, the oldest of which are removed; empty for no limit
     */
    public AuditLog(Path directory, OptionalLong maxBytes, InstantSource clock) {
        this.files = new AuditFiles(directory, maxBytes);
        this.clock = requireNonNull(clock, "clock is null");
    }

    /**
     * Returns when the line is on the disk.
     *
     * @throws NeuroVisorException {@code STORAGE_FAILED} when it is not, in which case nothing may be executed
     */
    public AuditedExecution accept(Call call, ExecutionRequest request) {
        byte[] line = AuditLine.accepted(clock.instant(), call, request);
        try {
            await(writer.submit(() -> add(line)));
        } catch (NeuroVisorException failure) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "Nothing is executed that the audit log does not have. " + failure.getMessage(),
                    failure);
        }
        return new AuditedExecution(this, clock, call, request.traceId());
    }

    /** Does not wait for the disk: whoever tells it has more to hear. */
    @Override
    public void blocked(VmId id, BlockedAttempt attempt) {
        byte[] line = AuditLine.blocked(clock.instant(), id, attempt);
        try {
            writer.execute(() -> addOrKeep(line));
        } catch (RejectedExecutionException closed) {
            LOG.error("{} of {} came after the audit log's end", attempt, id);
        }
    }

    /** Never fails: what cannot be written now is written later. */
    void addLast(byte[] line) {
        await(writer.submit(() -> addOrKeep(line)));
    }

    private void addOrKeep(byte[] line) {
        try {
            add(line);
        } catch (NeuroVisorException failure) {
            late.add(line);
            LOG.error("a line is kept for the audit log: {}", failure.getMessage());
        }
    }

    private void add(byte[] line) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        late.forEach(lines::writeBytes);
        lines.writeBytes(line);
        files.add(lines.toByteArray());
        late.clear();
    }

    /** Whatever happens to this thread: its execution's line must not depend on it. */
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
                            Fault.INTERNAL, "the audit log has failed: " + exception.getCause(), exception);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Tries once more to write what is still missing. */
    @Override
    public void close() {
        await(writer.submit(() -> {
            try {
                if (!late.isEmpty()) {
                    add(new byte[0]);
                }
            } catch (NeuroVisorException failure) {
                LOG.error("{} lines are not in the audit log: {}", late.size(), failure.getMessage());
            }
        }));
        writer.shutdown();
    }
}

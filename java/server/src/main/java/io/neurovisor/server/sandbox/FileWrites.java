package io.neurovisor.server.sandbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.server.audit.AuditLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Sums up what clients write into files of sandboxes, for one line of the audit log per sandbox and minute. Thread-safe.
 */
public final class FileWrites {
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    private final AuditLog audit;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Map<SandboxId, Sum> sums = new HashMap<>();

    private record Sum(String owner, long files, long bytes) {}

    public FileWrites(AuditLog audit) {
        this.audit = audit;
    }

    void add(SandboxRecord sandbox, long bytes) {
        synchronized (lock) {
            sums.merge(
                    sandbox.id(),
                    new Sum(sandbox.owner(), 1, bytes),
                    (sum, one) -> new Sum(sum.owner(), sum.files() + one.files(), sum.bytes() + one.bytes()));
        }
    }

    /** Writes a line for each sandbox into whose files a client has written since the last time. */
    public void report() {
        Map<SandboxId, Sum> reported;
        synchronized (lock) {
            reported = Map.copyOf(sums);
            sums.clear();
        }
        reported.forEach((id, sum) -> audit.filesWritten(sum.owner(), id, sum.files(), sum.bytes()));
    }
}

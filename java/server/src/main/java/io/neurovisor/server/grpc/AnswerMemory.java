package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bounds the memory of the answers that wait to be sent: in all, and of each tenant to a half of that, so that none leaves the
 * others without. Safe for use by many threads.
 */
final class AnswerMemory {
    /** An answer is in the memory up to twice: as it was put together and as the transport sends it. */
    private static final int SHARE_OF_HEAP = 8;

    private final long mostBytes;
    private final Lock lock = new ReentrantLock();

    // Guarded by the lock.
    private final Map<String, Long> bytesOfTenants = new HashMap<>();
    private long bytes;

    AnswerMemory(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    static AnswerMemory ofThisProcess() {
        return new AnswerMemory(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    /** Returns false, and takes nothing, where there is no room for so much more. */
    boolean take(String tenant, long more) {
        requireNonNull(tenant, "tenant is null");
        lock.lock();
        try {
            long ofTenant = bytesOfTenants.getOrDefault(tenant, 0L) + more;
            if (bytes + more > mostBytes || ofTenant > mostBytes / 2) {
                return false;
            }
            bytes += more;
            bytesOfTenants.put(tenant, ofTenant);
            return true;
        } finally {
            lock.unlock();
        }
    }

    void giveBack(String tenant, long less) {
        lock.lock();
        try {
            bytes -= less;
            bytesOfTenants.compute(tenant, (_, before) -> {
                long after = (before == null ? 0 : before) - less;
                return after == 0 ? null : after;
            });
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }
}

package io.neurovisor.server.grpc.guard;

import java.util.HashMap;
import java.util.Map;

/**
 * Bounds the memory of responses that wait to be sent, in total and to half of that per tenant, so that no tenant
 * excludes the others. Thread-safe.
 */
public final class OutboundMemory {
    /** A response is in memory twice: as a message and as bytes of the transport. */
    private static final int SHARE_OF_HEAP = 8;

    private final long mostBytes;
    private final Object lock = new Object();

    // Guarded by the lock.
    private final Map<String, Long> bytesOfTenants = new HashMap<>();
    private long bytes;

    public OutboundMemory(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    public static OutboundMemory ofThisProcess() {
        return new OutboundMemory(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    /** Reserves bytes for a tenant. Returns false, without effect, if they exceed a limit. */
    boolean take(String tenant, long more) {
        synchronized (lock) {
            long ofTenant = bytesOfTenants.getOrDefault(tenant, 0L) + more;
            if (bytes + more > mostBytes || ofTenant > mostBytes / 2) {
                return false;
            }
            bytes += more;
            bytesOfTenants.put(tenant, ofTenant);
            return true;
        }
    }

    void giveBack(String tenant, long less) {
        synchronized (lock) {
            bytes -= less;
            bytesOfTenants.compute(tenant, (_, before) -> {
                long after = (before == null ? 0 : before) - less;
                return after == 0 ? null : after;
            });
        }
    }

    public long bytes() {
        synchronized (lock) {
            return bytes;
        }
    }
}

package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The space for checkpoints: that of the file system, and a limit. Saves under way have their space reserved. */
final class DiskRoom {
    /** What stays free for the rest of the host, and for the parts of a checkpoint whose size is not known in advance. */
    static final long SPARE_BYTES = 64L << 20;

    private static final double MEBIBYTE = 1 << 20;

    private final long maxBytes;
    private final Object lock = new Object();
    // @GuardedBy("lock")
    private long reservedBytes;

    /** @param maxBytes the limit of all checkpoints together */
    DiskRoom(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Space for one save, to be closed at its end. */
    interface Reservation extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Reserves space, or throws {@code DISK_SHORT}.
     *
     * @param usedBytes returns the size of the checkpoints in the directory; called during the reservation
     */
    Reservation reserve(Path directory, LongSupplier usedBytes, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("expected bytes: " + bytes);
        }
        synchronized (lock) {
            // Read within the lock: otherwise a save that ends before the reservation would not count at all.
            // What saves under way have written counts twice, which can only refuse too early.
            long freeBytes = directory.toFile().getUsableSpace() - reservedBytes;
            long allowedBytes = maxBytes - usedBytes.getAsLong() - reservedBytes;
            String problem = problem(directory, freeBytes, allowedBytes, bytes);
            if (problem != null) {
                throw new NeuroVisorException(Fault.DISK_SHORT, problem);
            }
            reservedBytes += bytes;
        }
        return () -> {
            synchronized (lock) {
                reservedBytes -= bytes;
            }
        };
    }

    private @Nullable String problem(Path directory, long freeBytes, long allowedBytes, long bytes) {
        if (freeBytes - SPARE_BYTES < bytes) {
            return "saving the sandbox takes %s, and %s must stay free, but the disk of %s has %s left; free some space"
                    .formatted(mebibytes(bytes), mebibytes(SPARE_BYTES), directory, mebibytes(freeBytes));
        }
        if (allowedBytes - SPARE_BYTES < bytes) {
            return "saving the sandbox takes %s, and %s must stay free, but %s of the %s for paused sandboxes is left; kill paused sandboxes or raise --sandbox-disk"
                    .formatted(mebibytes(bytes), mebibytes(SPARE_BYTES), mebibytes(allowedBytes), mebibytes(maxBytes));
        }
        return null;
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", Math.max(0, bytes) / MEBIBYTE);
    }
}

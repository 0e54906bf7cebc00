package io.neurovisor.tests.hostile.guest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** The flow control windows of the host (RFC 9113, section 5.2). */
final class ForgedWindows {
    private static final int INITIAL_BYTES = 65_535;
    private static final int MAX_FRAME_BYTES = 16_384;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int SETTING_BYTES = 6;

    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Integer, Long> updates = new HashMap<>();

    @GuardedBy("lock")
    private long initialBytes = INITIAL_BYTES;

    @GuardedBy("lock")
    private boolean closed;

    /** Waits until a window is open and returns how much of {@code wanted} fits; stream 0 stands for the connection. */
    int take(int stream, int wanted) throws IOException {
        lock.lock();
        try {
            while (!closed && free(stream) <= 0) {
                changed.awaitUninterruptibly();
            }
            if (closed) {
                throw new EOFException("the host has hung up");
            }
            int taken = (int) Math.min(Math.min(wanted, MAX_FRAME_BYTES), free(stream));
            add(0, -taken);
            if (stream != 0) {
                add(stream, -taken);
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the current window. */
    long now(int stream) {
        lock.lock();
        try {
            return free(stream);
        } finally {
            lock.unlock();
        }
    }

    void update(int stream, int increment) {
        lock.lock();
        try {
            add(stream, increment);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void settings(ByteBuffer payload) {
        lock.lock();
        try {
            for (int i = 0; i + SETTING_BYTES <= payload.limit(); i += SETTING_BYTES) {
                if (payload.getShort(i) == INITIAL_WINDOW_SIZE) {
                    initialBytes = Integer.toUnsignedLong(payload.getInt(i + 2));
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void add(int stream, long bytes) {
        updates.merge(stream, bytes, Long::sum);
    }

    @GuardedBy("lock")
    private long free(int stream) {
        return Math.min(INITIAL_BYTES + updates.getOrDefault(0, 0L), initialBytes + updates.getOrDefault(stream, 0L));
    }
}

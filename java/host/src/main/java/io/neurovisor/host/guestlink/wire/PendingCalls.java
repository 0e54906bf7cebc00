package io.neurovisor.host.guestlink.wire;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The calls that a guest is to answer. Data of any other stream is unexpected. Used by the thread of the connection.
 */
public final class PendingCalls {
    /** The most calls under way whose data is expected: a sandbox has at most 128 streams, 32 watches and short calls. */
    static final int MOST = 256;

    /** Smaller frames cost much more than their bytes. An honest agent sends them only as the rest of a larger message. */
    private static final int SMALL_BYTES = 5;

    /** The most small frames that may follow each other. */
    private static final int MOST_SMALL = 16;

    private static final int HEADER_BYTES = 9;

    /** The streams of calls under way. */
    private final Set<Integer> calls = new HashSet<>();

    /** The streams of calls that we have cancelled, with the bytes that the guest may have sent before it knew. */
    private final Map<Integer, Long> cancelled = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > MOST;
        }
    };

    private final long windowBytes;

    /** The small frames that are expected because of larger ones before them. */
    private int small;

    /** @param windowBytes the most data that the guest can have sent before it learns that a call is cancelled */
    public PendingCalls(long windowBytes) {
        this.windowBytes = windowBytes;
    }

    public void begun(int stream) {
        if (calls.size() < MOST) {
            boolean _ = calls.add(stream);
        }
    }

    /** We have ended a call before the guest did. */
    void cancelled(int stream) {
        if (calls.remove(stream)) {
            Long _ = cancelled.put(stream, windowBytes);
        }
    }

    /** The guest has ended a call. */
    void ended(int stream) {
        boolean _ = calls.remove(stream);
        Long _ = cancelled.remove(stream);
    }

    /** Returns whether data of this size on this stream is expected. */
    boolean expects(int stream, int bytes) {
        return takesTurn(bytes) && (calls.contains(stream) || takesLate(stream, bytes + HEADER_BYTES));
    }

    /** Each larger frame allows a small one. */
    private boolean takesTurn(int bytes) {
        if (bytes >= SMALL_BYTES) {
            small = Math.min(MOST_SMALL, small + 1);
            return true;
        }
        if (bytes == 0 || small == 0) {
            return false;
        }
        small--;
        return true;
    }

    private boolean takesLate(int stream, int bytes) {
        Long left = cancelled.computeIfPresent(stream, (_, before) -> before - bytes);
        return left != null && left >= 0;
    }
}

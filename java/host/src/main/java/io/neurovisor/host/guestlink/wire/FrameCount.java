package io.neurovisor.host.guestlink.wire;

import io.netty.buffer.ByteBuf;

/** Finds frames in one direction of an HTTP/2 connection, however their bytes are split (RFC 9113, section 4.1). */
public final class FrameCount {
    private static final int PREFACE_BYTES = 24;
    private static final int HEADER_BYTES = 9;
    private static final int LENGTH_BYTES = 3;
    private static final int TYPE = 3;
    private static final int FLAGS = 4;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int ACK = 1;
    private static final int END_STREAM = 1;
    private static final int PADDED = 8;

    private final Kind kind;
    private long payloadBytes;
    private int headerBytes;
    private int length;
    private int type;
    private int flags;
    private int stream;

    /** Decides by its header whether a frame counts. */
    @FunctionalInterface
    private interface Kind {
        boolean counts(int type, int flags, int length, int stream);
    }

    private FrameCount(Kind kind, int prefaceBytes) {
        this.kind = kind;
        this.payloadBytes = prefaceBytes;
    }

    /**
     * Counts the frames that a guest sends, except data for pending calls, which flow control bounds. Flow control does
     * not bound data that nothing reads, nor padding, which our agent never sends: both are returned to the window
     * immediately. It does not bound the number of tiny frames either, each of which takes more memory than it has bytes.
     */
    public static FrameCount received(PendingCalls calls) {
        return new FrameCount(
                (type, flags, length, stream) -> {
                    boolean due = type == DATA && (flags & PADDED) == 0 && calls.expects(stream, length);
                    if (type == RST_STREAM || ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0)) {
                        calls.ended(stream);
                    }
                    return !due;
                },
                0);
    }

    /**
     * Counts the frames that we send on our own initiative. Answers to the guest do not count, or it could earn tokens
     * by provoking them.
     */
    public static FrameCount sent(PendingCalls calls) {
        return new FrameCount(
                (type, flags, length, stream) -> switch (type) {
                    case DATA -> length > 0;
                    case HEADERS -> {
                        calls.begun(stream);
                        yield true;
                    }
                    case RST_STREAM -> {
                        calls.cancelled(stream);
                        yield false;
                    }
                    case SETTINGS, PING -> (flags & ACK) == 0;
                    default -> false;
                },
                PREFACE_BYTES);
    }

    /** Returns how many frames that count begin in these bytes, which are not consumed. */
    public long countIn(ByteBuf bytes) {
        long begun = 0;
        int index = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (index < end) {
            if (payloadBytes > 0) {
                int passed = (int) Math.min(payloadBytes, end - index);
                payloadBytes -= passed;
                index += passed;
            } else if (endsHeader(bytes.getUnsignedByte(index++))) {
                payloadBytes = length;
                if (kind.counts(type, flags, length, stream)) {
                    begun++;
                }
            }
        }
        return begun;
    }

    private boolean endsHeader(int value) {
        if (headerBytes == 0) {
            length = 0;
        }
        if (headerBytes < LENGTH_BYTES) {
            length = length << Byte.SIZE | value;
        } else if (headerBytes == TYPE) {
            type = value;
        } else if (headerBytes == FLAGS) {
            flags = value;
        } else {
            stream = ((stream << Byte.SIZE) | value) & Integer.MAX_VALUE;
        }
        headerBytes = (headerBytes + 1) % HEADER_BYTES;
        return headerBytes == 0;
    }
}

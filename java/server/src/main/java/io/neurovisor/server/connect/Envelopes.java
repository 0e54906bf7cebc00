package io.neurovisor.server.connect;

import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The messages of a stream: each has a byte of flags and a length of four bytes before it.
 *
 * @param mostBytes the largest message
 */
record Envelopes(InputStream input, int mostBytes) {
    static final int HEADER_BYTES = 5;
    static final byte MESSAGE = 0;
    static final byte END = 2;
    private static final int COMPRESSED = 1;

    /**
     * Reads the next message; empty at the end of the stream. No more memory is taken than has arrived, whatever length is announced.
     *
     * @throws StatusException if the bytes are not an envelope, or one that is not accepted
     * @throws IOException if the client has disconnected
     */
    Optional<byte[]> next() throws StatusException, IOException {
        byte[] header = input.readNBytes(HEADER_BYTES);
        if (header.length == 0) {
            return Optional.empty();
        }
        if (header.length < HEADER_BYTES) {
            throw invalid("the stream ends within the header of a message");
        }
        int flags = header[0] & 0xff;
        long length = ByteBuffer.wrap(header, 1, Integer.BYTES).getInt() & 0xffffffffL;
        if (flags == COMPRESSED) {
            throw Status.INTERNAL // The code that the protocol has for it.
                    .withDescription("a message is marked as compressed, and no compression was agreed on")
                    .asException();
        }
        if (flags != MESSAGE) {
            throw invalid("a message has the unknown flags " + flags);
        }
        if (length > mostBytes) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription(
                            "a message of %d bytes is announced; at most %d are accepted".formatted(length, mostBytes))
                    .asException();
        }
        return Optional.of(content((int) length));
    }

    private byte[] content(int length) throws StatusException, IOException {
        // Reads into buffers that are allocated as bytes arrive.
        byte[] content = input.readNBytes(length);
        if (content.length < length) {
            throw invalid("the stream ends within a message: %d of %d bytes".formatted(content.length, length));
        }
        return content;
    }

    /** Returns an envelope. */
    static byte[] encode(byte flags, byte[] content) {
        return ByteBuffer.allocate(HEADER_BYTES + content.length)
                .put(flags)
                .putInt(content.length)
                .put(content)
                .array();
    }

    private static StatusException invalid(String problem) {
        return Status.INVALID_ARGUMENT.withDescription(problem).asException();
    }
}

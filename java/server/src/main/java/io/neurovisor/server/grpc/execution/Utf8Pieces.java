package io.neurovisor.server.grpc.execution;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Divides a stream into pieces that are valid UTF-8 where the stream is: an incomplete character is held back until its
 * remaining bytes arrive. Invalid bytes pass unchanged.
 */
final class Utf8Pieces {
    private final Consumer<ByteString> sink;
    private ByteString held = ByteString.EMPTY;

    Utf8Pieces(Consumer<ByteString> sink) {
        this.sink = sink;
    }

    void add(ByteBuffer bytes) {
        ByteString piece = held.concat(ByteString.copyFrom(bytes));
        int whole = piece.size() - incomplete(piece);
        held = piece.substring(whole);
        if (whole > 0) {
            sink.accept(piece.substring(0, whole));
        }
    }

    /** Sends an incomplete character at the end of the stream. */
    void end() {
        if (!held.isEmpty()) {
            sink.accept(held);
            held = ByteString.EMPTY;
        }
    }

    /** Returns the number of bytes at the end that begin an incomplete character, at most 3. */
    private static int incomplete(ByteString piece) {
        for (int back = 1; back <= Math.min(3, piece.size()); back++) {
            int value = piece.byteAt(piece.size() - back) & 0xff;
            if (value < 0x80) {
                return 0;
            }
            if (value >= 0xc0) {
                int length = value >= 0xf0 ? 4 : value >= 0xe0 ? 3 : 2;
                return length > back ? back : 0;
            }
        }
        return 0;
    }
}

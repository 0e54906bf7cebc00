package io.neurovisor.bench.speed;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.server.client.DaemonResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What one request has brought.
 *
 * @param bytes how many of output
 * @param text the first of them
 * @param millis from the request to the last byte
 */
public record Received(DaemonResult result, long bytes, String text, double millis) {
    public Received {
        requireNonNull(result, "result is null");
        requireNonNull(text, "text is null");
    }

    /** What of it is not the machine's: our service, its records and the wire between it and its client. */
    double outsideMillis() {
        return millis - result.result().runTime().toNanos() / 1e6;
    }

    /** Counts; keeps no more than it takes to know a short answer. */
    public static final class Sink implements OutputSink {
        private static final int KEPT = 100;

        private final StringBuilder text = new StringBuilder();
        private long bytes;

        @Override
        public void stdout(ByteBuffer output) {
            bytes += output.remaining();
            if (text.length() < KEPT) {
                ByteBuffer kept = output.duplicate();
                text.append(
                        StandardCharsets.ISO_8859_1.decode(kept.limit(Math.min(kept.limit(), kept.position() + KEPT))));
            }
        }

        @Override
        public void stderr(ByteBuffer output) {
            stdout(output);
        }

        @Override
        public void file(String path, ByteBuffer part, boolean last) {}

        Received received(DaemonResult result, double millis) {
            return new Received(result, bytes, text.toString(), millis);
        }
    }
}

package io.neurovisor.bench.measure;

import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.server.client.DaemonResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The result of one request, with the time that it took.
 *
 * @param bytes the size of the output
 * @param text the beginning of the output
 * @param millis from the request to the last byte
 */
public record TimedResult(DaemonResult result, long bytes, String text, double millis) {
    /** Returns the part of the time that was not spent in the machine: the service, its records and the transport. */
    public double outsideMillis() {
        return millis - result.result().runTime().toNanos() / 1e6;
    }

    /** Counts the output and keeps its beginning, which is enough to check a short answer. */
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

        public TimedResult received(DaemonResult result, double millis) {
            return new TimedResult(result, bytes, text.toString(), millis);
        }
    }
}

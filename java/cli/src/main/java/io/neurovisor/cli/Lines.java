package io.neurovisor.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Where lines go, at once and whole. */
@FunctionalInterface
interface Lines {
    /** A line without its end. */
    void print(String line);

    /** To stdout; throws {@link StandardStreams.Closed} when nobody reads it any more, so that the work ends. */
    static Lines standard() {
        StandardStreams streams = new StandardStreams((_, _, _) -> {});
        return line -> streams.stdout(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    }
}

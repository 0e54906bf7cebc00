package io.neurovisor.examples;

import io.neurovisor.engine.program.OutputSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Keeps the beginning of what a program writes, and calls back with all that is kept whenever there is more. */
final class CollectedOutput implements OutputSink {
    /** The guest is hostile: an example prints a few lines. */
    private static final int MAX_CHARACTERS = 10_000;

    private final StringBuilder text = new StringBuilder();
    private final Consumer<String> onOutput;

    CollectedOutput(Consumer<String> onOutput) {
        this.onOutput = onOutput;
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        String part = StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        text.append(part, 0, Math.min(part.length(), MAX_CHARACTERS - text.length()));
        onOutput.accept(text.toString());
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        stdout(bytes);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        // No example leaves files.
    }

    String text() {
        return text.toString();
    }
}

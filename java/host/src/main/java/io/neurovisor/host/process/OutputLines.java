package io.neurovisor.host.process;

import io.neurovisor.engine.text.UntrustedText;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Splits a byte stream into lines at LF or CR (progress bars use CR) and passes them on immediately. A line longer than
 * {@value #MAX_LINE_BYTES} bytes is passed on in pieces, so that a flood without line ends takes no memory. Empty lines
 * are dropped, control characters become blanks.
 */
record OutputLines(Consumer<String> lines) implements OutputReader {
    static final int MAX_LINE_BYTES = 8192;

    @Override
    public void read(InputStream output) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream buffered = new BufferedInputStream(output)) {
            for (int next = buffered.read(); next >= 0; next = buffered.read()) {
                boolean end = next == '\n' || next == '\r';
                if (!end) {
                    line.write(next);
                }
                if (end || line.size() >= MAX_LINE_BYTES) {
                    emit(line);
                }
            }
        }
        emit(line);
    }

    private void emit(ByteArrayOutputStream line) {
        String text = UntrustedText.line(line.toString(StandardCharsets.UTF_8)).strip();
        line.reset();
        if (!text.isEmpty()) {
            lines.accept(text);
        }
    }
}

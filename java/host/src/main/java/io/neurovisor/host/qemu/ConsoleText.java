package io.neurovisor.host.qemu;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** Makes a guest's console fit for an error message: the last lines, with nothing that could steer a terminal. */
final class ConsoleText {
    private static final int LINES = 4;
    private static final int LINE_CHARACTERS = 200;

    private ConsoleText() {}

    /** @param base64 the console's bytes as QMP's {@code ringbuf-read} gives them */
    static String tail(String base64) {
        String text = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        List<String> lines = text.lines()
                .map(line -> line.replaceAll("\\e\\[[0-9;?]*[A-Za-z]", "")
                        .replaceAll("\\p{Cntrl}", "")
                        .strip())
                .filter(line -> !line.isEmpty())
                .map(line -> line.length() > LINE_CHARACTERS ? line.substring(0, LINE_CHARACTERS) + "…" : line)
                .toList();
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
    }
}

package io.neurovisor.cli.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Shows a line of a daemon's log, which may be a JSON object, to a person. */
final class LogText {
    private static final ObjectMapper JSON = new ObjectMapper();

    private LogText() {}

    /** Returns time, level, message and trace of a JSON line, and any other line as it is. */
    static String of(String line) {
        JsonNode entry = entry(line);
        String message = entry.path("message").asText();
        if (message.isEmpty()) {
            return line;
        }
        String time = entry.path("@timestamp").asText().replaceFirst("\\.\\d+Z$", "Z");
        String trace = entry.path("trace_id").asText();
        return "%s %s %s%s"
                .formatted(
                        time, entry.path("level").asText(), message, trace.isEmpty() ? "" : " [trace " + trace + "]");
    }

    private static JsonNode entry(String line) {
        try {
            return line.startsWith("{") ? JSON.readTree(line) : JSON.missingNode();
        } catch (JsonProcessingException incomplete) {
            // The daemon may be writing its last line now.
            return JSON.missingNode();
        }
    }
}

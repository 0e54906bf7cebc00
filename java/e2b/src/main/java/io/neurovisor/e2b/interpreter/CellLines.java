package io.neurovisor.e2b.interpreter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.proto.sandbox.CellDisplay;
import io.neurovisor.proto.sandbox.CellEnded;
import io.neurovisor.proto.sandbox.CellError;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CellOutcome;
import io.neurovisor.proto.sandbox.CellStream;
import io.neurovisor.proto.sandbox.CellText;
import io.neurovisor.proto.sandbox.DisplayPart;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Translates the events of a cell into the lines that E2B's clients read. For one cell. */
final class CellLines {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** A table, of which E2B's clients know the columns alone. */
    private static final String TABLE = "application/vnd.neurovisor.data+json";

    /** The fields of a result by the type of the part. */
    private static final Map<String, String> FIELDS = Map.ofEntries(
            Map.entry("text/plain", "text"),
            Map.entry("text/html", "html"),
            Map.entry("text/markdown", "markdown"),
            Map.entry("text/latex", "latex"),
            Map.entry("image/svg+xml", "svg"),
            Map.entry("image/png", "png"),
            Map.entry("image/jpeg", "jpeg"),
            Map.entry("application/pdf", "pdf"),
            Map.entry("application/json", "json"),
            Map.entry("application/javascript", "javascript"),
            Map.entry(TABLE, "data"),
            Map.entry("application/vnd.neurovisor.chart+json", "chart"));

    /** Parts that are not text. */
    private static final List<String> BINARY = List.of("image/png", "image/jpeg", "application/pdf");

    private final InstantSource clock;
    private final boolean dividesLineEnds;
    private CellDisplay display = CellDisplay.getDefaultInstance();
    private final List<ByteArrayOutputStream> parts = new ArrayList<>();

    /**
     * @param clock for the times of text
     * @param language that the request names; empty for that of a context
     */
    CellLines(InstantSource clock, String language) {
        this.clock = clock;
        // As E2B's interpreter of Java does.
        dividesLineEnds = language.equals("java");
    }

    /** Returns the lines of an event; most have none or one. */
    List<ObjectNode> of(CellEvent event) {
        return switch (event.getEventCase()) {
            case TEXT -> text(event.getText());
            case DISPLAY -> begin(event.getDisplay());
            case DISPLAY_DATA -> {
                int part = event.getDisplayData().getPart();
                if (part >= 0 && part < parts.size()) {
                    parts.get(part).writeBytes(event.getDisplayData().getData().toByteArray());
                }
                yield completed();
            }
            case ERROR -> List.of(error(event.getError()));
            case ENDED -> ended(event.getEnded());
            case ACCEPTED, STARTED, DROPPED, INPUT_REQUEST, GAP, KEEP_ALIVE, EVENT_NOT_SET -> List.of();
        };
    }

    private List<ObjectNode> text(CellText event) {
        String text = event.getText();
        List<String> pieces = dividesLineEnds && text.length() > 1 && text.endsWith("\n")
                ? List.of(text.substring(0, text.length() - 1), "\n")
                : List.of(text);
        String stream = event.getStream() == CellStream.CELL_STREAM_STDERR ? "stderr" : "stdout";
        String time = clock.instant().toString();
        return pieces.stream()
                .map(piece -> line(stream).put("text", piece).put("timestamp", time))
                .toList();
    }

    private List<ObjectNode> begin(CellDisplay next) {
        display = next;
        parts.clear();
        next.getPartsList().forEach(_ -> parts.add(new ByteArrayOutputStream()));
        return completed();
    }

    /** Returns the display once all of its parts have arrived. E2B's protocol has no updates of one. */
    private List<ObjectNode> completed() {
        if (parts.isEmpty()) {
            return List.of();
        }
        for (int part = 0; part < parts.size(); part++) {
            if (parts.get(part).size() < display.getParts(part).getSize()) {
                return List.of();
            }
        }
        List<ObjectNode> lines = display.getUpdate() ? List.of() : List.of(result());
        parts.clear();
        return lines;
    }

    private ObjectNode result() {
        ObjectNode result = line("result").put("is_main_result", display.getMainResult());
        ObjectNode extra = JsonNodeFactory.instance.objectNode();
        for (int index = 0; index < parts.size(); index++) {
            DisplayPart part = display.getParts(index);
            JsonNode content = content(part.getMimeType(), parts.get(index).toByteArray());
            if (part.getMimeType().equals(TABLE)) {
                content = content.path("data");
            }
            String field = FIELDS.get(part.getMimeType());
            if (field == null) {
                extra.set(part.getMimeType(), content);
            } else {
                result.set(field, content);
            }
        }
        result.set("extra", extra);
        return result;
    }

    private static JsonNode content(String type, byte[] bytes) {
        if (BINARY.contains(type)) {
            return JsonNodeFactory.instance.textNode(Base64.getEncoder().encodeToString(bytes));
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (type.equals("application/json") || type.endsWith("+json")) {
            try {
                return MAPPER.readTree(text);
            } catch (JsonProcessingException noJson) {
                return JsonNodeFactory.instance.textNode(text);
            }
        }
        return JsonNodeFactory.instance.textNode(type.equals("text/plain") ? unquoted(text) : text);
    }

    /** Takes the quotes from a text that is the representation of one, as E2B's server does. */
    private static String unquoted(String text) {
        boolean isQuoted = text.length() > 1
                && text.charAt(0) == text.charAt(text.length() - 1)
                && (text.charAt(0) == '\'' || text.charAt(0) == '"');
        return isQuoted ? text.substring(1, text.length() - 1) : text;
    }

    private static ObjectNode error(CellError error) {
        return line("error")
                .put("name", error.getName())
                .put("value", error.getValue())
                .put("traceback", error.getTraceback());
    }

    private static List<ObjectNode> ended(CellEnded ended) {
        List<ObjectNode> lines = new ArrayList<>();
        if (ended.getOutcome() == CellOutcome.CELL_OUTCOME_DIED
                || ended.getOutcome() == CellOutcome.CELL_OUTCOME_DRIVER_BROKEN) {
            lines.add(line("error")
                    .put("name", "InterpreterEnded")
                    .put("value", "exit code " + ended.getExitCode())
                    .put("traceback", "The interpreter has ended; restart its context."));
        }
        lines.add(line("number_of_executions").put("execution_count", ended.getExecutionCount()));
        return lines;
    }

    static ObjectNode keepAlive() {
        return line("keepalive");
    }

    static ObjectNode end() {
        return line("end_of_execution");
    }

    private static ObjectNode line(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }
}

package io.neurovisor.cli.sandbox.interpreter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.ContextId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Prints what a cell has sent as one JSON object at its end. Parts of results that are not text are Base64. */
final class JsonOutput implements CellOutput {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private final StandardStreams streams;
    private final ResultFiles files;
    private final ObjectNode object = JsonNodeFactory.instance.objectNode();
    private final StringBuilder stdout = new StringBuilder();
    private final StringBuilder stderr = new StringBuilder();
    private final ArrayNode results = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode dropped = JsonNodeFactory.instance.arrayNode();
    private long missingEvents;

    JsonOutput(ContextId context, StandardStreams streams, ResultFiles files) {
        this.streams = streams;
        this.files = files;
        object.put("context", context.value());
    }

    @Override
    public void begin(long cell) {
        object.put("cell", cell);
        files.begin(cell);
    }

    @Override
    public void text(boolean isError, String text) {
        (isError ? stderr : stdout).append(text);
    }

    @Override
    public void display(CellDisplay display) {
        ObjectNode result = results.addObject();
        result.put("main_result", display.isMainResult());
        if (!display.displayId().isEmpty()) {
            result.put("display_id", display.displayId());
            result.put("update", display.isUpdate());
        }
        ObjectNode data = result.putObject("data");
        display.parts().forEach((type, content) -> data.put(type, text(type, content)));
        files.save(display);
    }

    private static String text(String type, ByteBuffer content) {
        try {
            if (!type.startsWith("image/") || type.endsWith("+xml")) {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(content.duplicate())
                        .toString();
            }
        } catch (CharacterCodingException binary) {
            // Base64, as images.
        }
        return StandardCharsets.ISO_8859_1
                .decode(Base64.getEncoder().encode(content.duplicate()))
                .toString();
    }

    @Override
    public void error(CellError error) {
        ObjectNode node = object.putObject("error");
        node.put("name", error.name()).put("value", error.value()).put("traceback", error.traceback());
        ArrayNode frames = node.putArray("frames");
        error.frames()
                .forEach(frame -> frames.addObject()
                        .put("file", frame.file())
                        .put("line", frame.line())
                        .put("function", frame.function())
                        .put("source", frame.source()));
    }

    @Override
    public void dropped(String mimeType, long bytes) {
        dropped.addObject().put("mime_type", mimeType).put("bytes", bytes);
    }

    @Override
    public void gap(long from, long to) {
        missingEvents += to - from;
    }

    @Override
    public void end(CellEnd end) {
        object.put("outcome", end.outcome().name());
        object.put("variables_kept", end.keepsVariables());
        object.put("exit_code", end.exitCode());
        object.put("signal", end.signal());
        object.put("execution_count", end.executionCount());
        object.put("duration_ms", end.duration().toNanos() / NANOS_PER_MILLISECOND);
        object.put("stdout", stdout.toString());
        object.put("stderr", stderr.toString());
        object.put("text_truncated", end.textTruncated());
        object.set("results", results);
        object.set("dropped", dropped);
        object.put("missing_events", missingEvents);
        ArrayNode names = object.putArray("files");
        files.saved().forEach(names::add);
        streams.stdout(StandardCharsets.UTF_8.encode(object + "\n"));
    }
}

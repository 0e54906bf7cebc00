package io.neurovisor.tests.e2b;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Brings the events of a stream into the form in which equal streams are equal: in what pieces output arrives depends on time. */
final class OracleEvents {
    private OracleEvents() {}

    /** Joins adjacent output of each kind, drops signs of life, and keeps one of several equal events of a watch. */
    static List<JsonNode> merged(List<JsonNode> messages) {
        List<JsonNode> merged = new ArrayList<>();
        for (JsonNode message : messages) {
            JsonNode last = merged.isEmpty() ? JsonNodeFactory.instance.missingNode() : merged.getLast();
            if (message.at("/event/data").isObject()) {
                if (!last.at("/event/data").isObject()) {
                    ObjectNode output = JsonNodeFactory.instance.objectNode();
                    output.putObject("event").putObject("data");
                    merged.add(output);
                    last = output;
                }
                append((ObjectNode) last.at("/event/data"), message.at("/event/data"));
            } else if (!message.at("/event/keepalive").isObject() && !isRepeated(message, last)) {
                merged.add(message);
            }
        }
        return merged;
    }

    private static void append(ObjectNode all, JsonNode piece) {
        piece.properties().forEach(output -> {
            byte[] bytes = Base64.getDecoder().decode(output.getValue().asText());
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            all.put(output.getKey(), all.path(output.getKey()).asText() + text);
        });
    }

    private static boolean isRepeated(JsonNode message, JsonNode last) {
        JsonNode event = message.path("filesystem");
        return event.isObject()
                && event.path("type").equals(last.at("/filesystem/type"))
                && event.path("name").equals(last.at("/filesystem/name"));
    }
}

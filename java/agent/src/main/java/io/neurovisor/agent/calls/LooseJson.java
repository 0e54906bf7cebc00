package io.neurovisor.agent.calls;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;

/** Parses JSON as models write it: single quotes, unquoted names, line feeds in strings, trailing commas. */
final class LooseJson {
    private static final int MAX_DEPTH = 64;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(CallText.MAX_CHARACTERS)
                            .build())
                    .build())
            .enable(
                    JsonReadFeature.ALLOW_SINGLE_QUOTES,
                    JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES,
                    JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS,
                    JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER,
                    JsonReadFeature.ALLOW_TRAILING_COMMA)
            .build();

    /**
     * A parsed value.
     *
     * @param end the position after the value
     */
    record Value(JsonNode node, int end) {}

    private LooseJson() {}

    /** Returns the object or array that begins exactly at {@code from}. */
    static Optional<Value> at(String text, int from) {
        if (from >= text.length() || (text.charAt(from) != '{' && text.charAt(from) != '[')) {
            return Optional.empty();
        }
        try (JsonParser parser = MAPPER.createParser(new StringReader(text.substring(from)))) {
            JsonNode node = MAPPER.readTree(parser);
            int end = from + (int) parser.currentLocation().getCharOffset();
            return node == null || !node.isContainerNode() ? Optional.empty() : Optional.of(new Value(node, end));
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    /** Returns the object if the text contains nothing else. */
    static Optional<JsonNode> object(String text) {
        String stripped = text.strip();
        return at(stripped, 0)
                .filter(value ->
                        value.end() == stripped.length() && value.node().isObject())
                .map(Value::node);
    }
}

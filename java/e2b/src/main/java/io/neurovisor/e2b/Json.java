package io.neurovisor.e2b;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Bodies in JSON. */
public final class Json {
    private static final int MOST_DEPTH = 50;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    static {
        MAPPER.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MOST_DEPTH)
                        .maxStringLength(16 << 20)
                        .build());
    }

    private Json() {}

    /** Returns the object in the body of a request; an empty one for an empty body, or null. */
    public static ObjectNode read(HttpExchange exchange) throws IOException {
        return parse(exchange.input().readAllBytes());
    }

    /** Returns the object in a body; throws {@link HttpFailure} if it is something else. */
    public static ObjectNode parse(byte[] body) {
        if (body.length == 0) {
            return JsonNodeFactory.instance.objectNode();
        }
        try {
            JsonNode value = MAPPER.readTree(body);
            if (value instanceof ObjectNode object) {
                return object;
            }
            if (value.isNull()) {
                return JsonNodeFactory.instance.objectNode();
            }
        } catch (JsonProcessingException malformed) {
            throw HttpFailure.of(400, "the body is not JSON: " + malformed.getOriginalMessage());
        } catch (IOException malformed) {
            throw HttpFailure.of(
                    400, "the body is not JSON: " + malformed.getMessage()); // Neither UTF-8 nor another of Unicode.
        }
        throw HttpFailure.of(400, "the body is not a JSON object");
    }

    /** Ends a response with a body. */
    public static void write(HttpExchange exchange, JsonNode body) throws IOException {
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.setHeader("Content-Type", "application/json");
        exchange.setHeader("Content-Length", Integer.toString(bytes.length));
        exchange.output().write(bytes);
        exchange.output().flush();
    }
}

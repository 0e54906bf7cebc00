package io.neurovisor.server.overview;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * Converts an overview to JSON and back: one object on one line. It is ASCII, so that no text in it can control a
 * terminal or break a line of an event stream. Unknown fields are ignored when reading.
 */
public final class OverviewJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .propertyNamingStrategy(new Names())
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, ToStringSerializer.instance)
                    .addDeserializer(Instant.class, new Instants()))
            .build();

    private OverviewJson() {}

    public static String write(Overview overview) {
        try {
            return MAPPER.writeValueAsString(overview);
        } catch (JsonProcessingException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /**
     * Reads an overview.
     *
     * @throws IOException if the text is not an overview
     */
    public static Overview read(String json) throws IOException {
        Overview overview = MAPPER.readValue(json, Overview.class);
        if (overview == null) {
            throw new IOException("it is null");
        }
        return overview;
    }

    /** Uses snake case with the unit suffixes of our other JSON: {@code totalMillis} becomes {@code total_ms}. */
    private static final class Names extends SnakeCaseStrategy {
        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public String translate(String input) {
            return super.translate(input).replaceFirst("_millis$", "_ms");
        }
    }

    private static final class Instants extends StdDeserializer<Instant> {
        @Serial
        private static final long serialVersionUID = 1L;

        private Instants() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            try {
                return Instant.parse(parser.getText());
            } catch (DateTimeException exception) {
                throw new IOException(exception.getMessage(), exception);
            }
        }
    }
}

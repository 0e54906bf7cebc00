package io.neurovisor.host.debian;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Manifests as JSON files. Reading is strict and bounded: any deviation from what we write is an error. */
public final class ManifestFile {
    public static final int MAX_BYTES = 4 << 20;
    private static final int MAX_DEPTH = 10;
    private static final int MAX_STRING_CHARS = 4096;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_STRING_CHARS)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private ManifestFile() {}

    public static void write(Path file, Record manifest) {
        try {
            PrivateFiles.replace(file, MAPPER.writeValueAsBytes(manifest));
        } catch (IOException failure) {
            throw StorageFaults.of("write", file, failure);
        }
    }

    public static <T extends Record> T read(Path file, Class<T> type) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw broken(file, "it is larger than %d bytes".formatted(MAX_BYTES), null);
            }
            byte[] content = Files.readAllBytes(file);
            try {
                return requireNonNull(MAPPER.readValue(content, type), "null");
            } catch (IOException | NullPointerException malformed) {
                throw broken(file, "it does not have the expected form", malformed);
            }
        } catch (IOException failure) {
            throw StorageFaults.of("read", file, failure);
        }
    }

    private static NeuroVisorException broken(Path file, String problem, @Nullable Exception cause) {
        return new NeuroVisorException(
                Fault.IMAGE_BROKEN,
                "%s is damaged: %s; build again by neurovisor image build".formatted(file, problem),
                cause);
    }
}

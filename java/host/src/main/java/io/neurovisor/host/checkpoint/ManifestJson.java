package io.neurovisor.host.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Manifests as JSON files. Reading is strict and bounded: any deviation from what we write means that the file is damaged. */
final class ManifestJson {
    static final String FILE = "manifest.json";
    private static final int MAX_BYTES = 256 << 10;
    private static final int MAX_DEPTH = 10;
    private static final int MAX_STRING_CHARS = 64 << 10;
    private static final int MAX_NUMBER_DIGITS = 20;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_STRING_CHARS)
                            .maxNumberLength(MAX_NUMBER_DIGITS)
                            .build())
                    .build())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private ManifestJson() {}

    /** Writes a manifest or another file of a checkpoint. */
    static void write(Path file, Record content) {
        try {
            PrivateFiles.replace(file, MAPPER.writeValueAsBytes(content));
        } catch (IOException failure) {
            throw StorageFaults.of("write", file, failure);
        }
    }

    /**
     * Reads another file of a checkpoint with the same strictness.
     *
     * @throws IOException if it does not have the form of what {@link #write(Path, Record)} writes, is too long or cannot be read
     */
    static <R extends Record> R read(Path file, Class<R> type) throws IOException {
        R content = MAPPER.readValue(content(file), type);
        if (content == null) {
            throw new IOException("it is null");
        }
        return content;
    }

    /**
     * Reads the manifest of a checkpoint.
     *
     * @throws io.neurovisor.engine.fault.NeuroVisorException {@code CHECKPOINT_DAMAGED} unless it has the form of what {@link #write}
     *     writes; {@code CHECKPOINT_FOREIGN} if it names another format
     */
    static CheckpointManifest read(Path directory, CheckpointName name) {
        return parse(content(directory.resolve(FILE), name), name);
    }

    static CheckpointManifest parse(byte[] content, CheckpointName name) {
        try {
            JsonNode tree = MAPPER.readTree(content);
            JsonNode format = tree.path("format");
            // Another format may have other fields, so it is compared before they are.
            if (format.isInt() && format.asInt() != CheckpointManifest.FORMAT) {
                throw CheckpointFaults.foreign(
                        name.sandbox(),
                        "its checkpoint has format %d, this NeuroVisor reads format %d; resume it with the version that saved it"
                                .formatted(format.asInt(), CheckpointManifest.FORMAT));
            }
            CheckpointManifest manifest = MAPPER.treeToValue(tree, CheckpointManifest.class);
            if (manifest == null || !manifest.name().equals(name)) {
                throw CheckpointFaults.damaged(name.sandbox(), FILE + " is of another checkpoint", null);
            }
            return manifest;
        } catch (IOException | IllegalArgumentException malformed) {
            throw CheckpointFaults.damaged(name.sandbox(), FILE + " does not have the expected form", malformed);
        }
    }

    private static byte[] content(Path file, CheckpointName name) {
        try {
            return content(file);
        } catch (NoSuchFileException missing) {
            throw CheckpointFaults.damaged(name.sandbox(), FILE + " is missing", missing);
        } catch (TooLong tooLong) {
            throw CheckpointFaults.damaged(name.sandbox(), FILE + " is too long", tooLong);
        } catch (IOException failure) {
            throw StorageFaults.of("read", file, failure);
        }
    }

    private static byte[] content(Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file)) {
            byte[] content = input.readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                throw new TooLong();
            }
            return content;
        }
    }

    private static final class TooLong extends IOException {
        private static final long serialVersionUID = 1;

        TooLong() {
            super("it is longer than " + MAX_BYTES + " bytes");
        }
    }
}

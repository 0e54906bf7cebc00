package io.neurovisor.e2b.files;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HomePath;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.e2b.Json;
import io.neurovisor.e2b.SandboxUser;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads and writes files of a sandbox. Contents are passed on in pieces and kept nowhere. */
public final class FilesApi {
    private static final String OCTETS = "application/octet-stream";

    private final DaemonCalls daemon;
    private final String sandboxId;

    public FilesApi(DaemonCalls daemon, String sandboxId) {
        this.daemon = daemon;
        this.sandboxId = sandboxId;
    }

    /** Answers with the content of a file, or of a part of it. */
    public void read(HttpExchange exchange) throws IOException {
        String path = path(exchange).orElseThrow(() -> HttpFailure.invalid("path", "is missing"));
        new Download(daemon, sandboxId, HomePath.resolved(path)).send(exchange);
    }

    /** Writes the files in the body of a request, and answers with their entries. */
    public void write(HttpExchange exchange) throws IOException {
        ArrayNode written = JsonNodeFactory.instance.arrayNode();
        try {
            write(exchange, written);
        } catch (ZipException | EOFException malformed) {
            throw HttpFailure.of(400, "the body is not gzip: " + malformed.getMessage());
        }
        exchange.setStatus(200);
        Json.write(exchange, written);
    }

    /** Makes a file of others, which are removed, and answers with its entry. */
    public void compose(HttpExchange exchange) throws IOException {
        Fields body = new Fields(Json.read(exchange));
        body.text("username").ifPresent(SandboxUser::check);
        FileEntry composed = Composition.of(daemon, sandboxId, body).write();
        exchange.setStatus(200);
        Json.write(exchange, json(composed));
    }

    private void write(HttpExchange exchange, ArrayNode written) throws IOException {
        FileMetadata metadata = FileMetadata.of(exchange);
        String type = exchange.header("content-type").orElse("");
        if (type.startsWith("multipart/form-data")) {
            try (Parts parts = new Parts(path(exchange).filter(text -> !text.isEmpty()), metadata, written);
                    InputStream body = body(exchange)) {
                Multipart.read(type, body, parts);
            }
        } else if (type.startsWith(OCTETS)) {
            String path = path(exchange).orElseThrow(() -> HttpFailure.invalid("path", "is missing"));
            try (Upload upload = upload(path, metadata);
                    InputStream body = body(exchange)) {
                long _ = body.transferTo(upload);
                written.add(json(upload.finish()));
            }
        } else {
            throw HttpFailure.of(400, "content-type is neither multipart/form-data nor " + OCTETS);
        }
    }

    private static InputStream body(HttpExchange exchange) throws IOException {
        String encoding = exchange.header("content-encoding").orElse("identity");
        return switch (encoding) {
            case "identity" -> exchange.input();
            case "gzip" -> new GZIPInputStream(exchange.input());
            default -> throw HttpFailure.of(400, "content-encoding is neither gzip nor identity");
        };
    }

    private Upload upload(String path, FileMetadata metadata) throws IOException {
        return new Upload(daemon, sandboxId, HomePath.resolved(path), metadata);
    }

    private static ObjectNode json(FileEntry entry) {
        ObjectNode object = JsonNodeFactory.instance
                .objectNode()
                .put("name", entry.getName())
                .put("path", entry.getPath())
                .put("type", "file");
        Map<String, String> metadata = FileMetadata.of(entry).values();
        if (!metadata.isEmpty()) {
            ObjectNode values = object.putObject("metadata");
            metadata.forEach(values::put);
        }
        return object;
    }

    /**
     * Writes the parts of a body, each to the path that its name is, or to that of the request.
     */
    private final class Parts implements Multipart.Files, AutoCloseable {
        private final Optional<String> path;
        private final FileMetadata metadata;
        private final ArrayNode written;
        private final Set<String> names = new HashSet<>();
        private @Nullable Upload upload;

        Parts(Optional<String> path, FileMetadata metadata, ArrayNode written) {
            this.path = path;
            this.metadata = metadata;
            this.written = written;
        }

        @Override
        public void begin(Optional<String> fileName) throws IOException {
            String name = path.or(() -> fileName)
                    .orElseThrow(() -> HttpFailure.of(
                            400, "part " + (written.size() + 1) + " has no filename, and path is missing"));
            if (!names.add(name)) {
                throw HttpFailure.of(400, "part " + (written.size() + 1) + " has the path of another one: " + name);
            }
            upload = upload(name, metadata);
        }

        @Override
        public void content(ByteBuffer content) throws IOException {
            if (upload != null) {
                upload.write(content);
            }
        }

        @Override
        public void end() throws IOException {
            if (upload != null) {
                written.add(json(upload.finish()));
                upload = null;
            }
        }

        @Override
        public void close() {
            if (upload != null) {
                upload.close();
            }
        }
    }

    private static Optional<String> path(HttpExchange exchange) {
        return exchange.parameters("path").stream().findFirst();
    }
}

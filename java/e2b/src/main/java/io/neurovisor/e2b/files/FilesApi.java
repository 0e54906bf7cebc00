package io.neurovisor.e2b.files;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.e2b.Json;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.WriteMode;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads and writes files of a sandbox. Contents are passed on in pieces and kept nowhere. */
public final class FilesApi {
    /** The largest piece of a file that the daemon takes. */
    private static final int PIECE_BYTES = 64 << 10;

    private static final String OCTETS = "application/octet-stream";

    private final DaemonCalls daemon;
    private final String sandboxId;

    public FilesApi(DaemonCalls daemon, String sandboxId) {
        this.daemon = daemon;
        this.sandboxId = sandboxId;
    }

    /** Answers with the content of a file. */
    public void read(HttpExchange exchange) throws IOException {
        ReadRequest request = ReadRequest.newBuilder()
                .setSandboxId(sandboxId)
                .setPath(path(exchange).orElseThrow(() -> HttpFailure.invalid("path", "is missing")))
                .build();
        Iterator<ReadResponse> parts = daemon.files().read(request);
        FileEntry entry = DaemonCalls.answer(() -> parts.next().getEntry());
        exchange.setStatus(200);
        exchange.addHeader("Content-Type", OCTETS);
        exchange.addHeader("Content-Length", Long.toString(entry.getSize()));
        OutputStream output = exchange.output();
        try {
            while (parts.hasNext()) {
                parts.next().getData().writeTo(output);
            }
        } catch (StatusRuntimeException failure) {
            // The client sees that the content is not whole.
            throw new IOException("file " + entry.getPath() + " ended early: " + failure.getStatus(), failure);
        }
        output.flush();
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

    private void write(HttpExchange exchange, ArrayNode written) throws IOException {
        String type = exchange.header("content-type").orElse("");
        if (type.startsWith("multipart/form-data")) {
            try (Parts parts = new Parts(path(exchange).filter(text -> !text.isEmpty()), written)) {
                Multipart.read(type, body(exchange), parts);
            }
        } else if (type.startsWith(OCTETS)) {
            String path = path(exchange).orElseThrow(() -> HttpFailure.invalid("path", "is missing"));
            try (Upload upload = new Upload(path);
                    InputStream body = body(exchange)) {
                long _ = body.transferTo(upload);
                add(written, upload.finish());
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

    private static void add(ArrayNode array, FileEntry entry) {
        array.addObject()
                .put("name", entry.getName())
                .put("path", entry.getPath())
                .put("type", "file");
    }

    /**
     * Writes the parts of a body, each to the path that its name is, or to that of the request.
     */
    private final class Parts implements Multipart.Files, AutoCloseable {
        private final Optional<String> path;
        private final ArrayNode written;
        private @Nullable Upload upload;

        Parts(Optional<String> path, ArrayNode written) {
            this.path = path;
            this.written = written;
        }

        @Override
        public void begin(Optional<String> fileName) throws IOException {
            upload = new Upload(path.or(() -> fileName)
                    .orElseThrow(() -> HttpFailure.of(
                            400, "part " + (written.size() + 1) + " has no filename, and path is missing")));
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
                add(written, upload.finish());
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

    /** Sends what is written in pieces; blocks while the guest takes none. Closing it before its end leaves the file as it was. */
    private final class Upload extends OutputStream {
        private final BlockingClientCall<WriteRequest, WriteResponse> call;
        private boolean isFinished;

        Upload(String path) throws IOException {
            call = FileServiceGrpc.newBlockingV2Stub(daemon.channel()).write();
            send(WriteRequest.newBuilder()
                    .setTarget(WriteTarget.newBuilder()
                            .setSandboxId(sandboxId)
                            .setPath(path)
                            .setWriteMode(WriteMode.WRITE_MODE_REPLACE))
                    .build());
        }

        void write(ByteBuffer content) throws IOException {
            while (content.hasRemaining()) {
                byte[] piece = new byte[Math.min(content.remaining(), PIECE_BYTES)];
                content.get(piece);
                send(WriteRequest.newBuilder()
                        .setData(UnsafeByteOperations.unsafeWrap(piece))
                        .build());
            }
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            write(ByteBuffer.wrap(bytes, offset, length));
        }

        void send(WriteRequest request) throws IOException {
            try {
                if (!call.write(request)) {
                    // The call has ended early, and its status says why.
                    throw failure();
                }
            } catch (StatusException failure) {
                throw HttpFailure.of(failure.getStatus().asRuntimeException(failure.getTrailers()));
            } catch (InterruptedException interrupt) {
                throw interrupted();
            }
        }

        private HttpFailure failure() throws IOException {
            try {
                call.read();
            } catch (StatusException failure) {
                return HttpFailure.of(failure.getStatus().asRuntimeException(failure.getTrailers()));
            } catch (InterruptedException interrupt) {
                throw interrupted();
            }
            return HttpFailure.of(500, "the write has ended early");
        }

        private IOException interrupted() {
            Thread.currentThread().interrupt();
            return new IOException("interrupted");
        }

        FileEntry finish() throws IOException {
            call.halfClose();
            try {
                WriteResponse response = call.read();
                if (response == null) {
                    throw HttpFailure.of(500, "the write has ended without an answer");
                }
                isFinished = true;
                return response.getEntry();
            } catch (StatusException failure) {
                throw HttpFailure.of(failure.getStatus().asRuntimeException(failure.getTrailers()));
            } catch (InterruptedException interrupt) {
                throw interrupted();
            }
        }

        @Override
        public void close() {
            if (!isFinished) {
                call.cancel("the upload is not complete", null);
            }
        }
    }

    private static Optional<String> path(HttpExchange exchange) {
        return exchange.parameters("path").stream().findFirst();
    }
}

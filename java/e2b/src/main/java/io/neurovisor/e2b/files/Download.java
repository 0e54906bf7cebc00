package io.neurovisor.e2b.files;

import io.grpc.StatusRuntimeException;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Iterator;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/** Sends a file, or a part of it, piece by piece. */
record Download(DaemonCalls daemon, String sandboxId, String path) {
    private static final int PIECE_BYTES = 64 << 10;

    void send(HttpExchange exchange) throws IOException {
        Coding coding = Coding.of(exchange.header("accept-encoding"))
                .orElseThrow(() -> HttpFailure.of(406, "accept-encoding allows neither identity nor gzip"));
        try {
            send(exchange, coding);
        } catch (StatusRuntimeException failure) {
            throw FilePaths.missing(path, failure);
        }
    }

    private void send(HttpExchange exchange, Coding coding) throws IOException {
        if (isUnchanged(exchange)) {
            exchange.addHeader("Content-Disposition", ContentDisposition.inline(stat().getName()));
            exchange.setStatus(304);
            return;
        }
        switch (asked(exchange)) {
            case ByteRange.Asked.Whole() -> sendWhole(exchange, coding);
            case ByteRange.Asked.Part(ByteRange range) -> sendPart(exchange, range);
            case ByteRange.Asked.Beyond() -> {
                exchange.addHeader("Content-Range", "bytes */" + stat().getSize());
                throw HttpFailure.of(416, "the file does not have the bytes that the header Range names");
            }
        }
    }

    /** Returns whether a client has the file, as it says; a time that cannot be read says nothing. */
    private boolean isUnchanged(HttpExchange exchange) {
        Optional<String> since = exchange.header("if-modified-since");
        try {
            return since.isPresent()
                    && stat().getModified().getSeconds()
                            <= DateTimeFormatter.RFC_1123_DATE_TIME
                                    .parse(since.get(), Instant::from)
                                    .getEpochSecond();
        } catch (DateTimeParseException malformed) {
            return false;
        }
    }

    private ByteRange.Asked asked(HttpExchange exchange) {
        Optional<String> header = exchange.header("range");
        if (header.isEmpty()) {
            return new ByteRange.Asked.Whole();
        }
        FileEntry entry = stat();
        boolean isChanged = exchange.header("if-range")
                .filter(time -> !time.equals(modified(entry)))
                .isPresent();
        return isChanged ? new ByteRange.Asked.Whole() : ByteRange.of(header, entry.getSize());
    }

    private FileEntry stat() {
        StatRequest request =
                StatRequest.newBuilder().setSandboxId(sandboxId).setPath(path).build();
        return daemon.files().stat(request).getEntry();
    }

    private void sendWhole(HttpExchange exchange, Coding coding) throws IOException {
        Iterator<ReadResponse> parts = daemon.files().read(request().build());
        FileEntry entry = begin(exchange, parts, 200);
        exchange.addHeader("Vary", "Accept-Encoding");
        if (coding == Coding.GZIP) {
            exchange.addHeader("Content-Encoding", "gzip");
            GZIPOutputStream compressed = new GZIPOutputStream(exchange.output(), PIECE_BYTES);
            pass(parts, compressed);
            compressed.finish();
        } else {
            exchange.addHeader("Accept-Ranges", "bytes");
            // Those of /proc have contents, and no size.
            if (entry.getSize() > 0 || !parts.hasNext()) {
                exchange.addHeader("Content-Length", Long.toString(entry.getSize()));
            }
            pass(parts, exchange.output());
        }
        exchange.output().flush();
    }

    private void sendPart(HttpExchange exchange, ByteRange range) throws IOException {
        Iterator<ReadResponse> parts = daemon.files()
                .read(request()
                        .setOffset(range.offset())
                        .setLength(range.length())
                        .build());
        FileEntry entry = begin(exchange, parts, 206);
        // It may have become shorter since its size was read.
        ByteRange sent = new ByteRange(range.offset(), Math.min(range.end(), entry.getSize()));
        exchange.addHeader("Accept-Ranges", "bytes");
        exchange.addHeader("Content-Range", sent.of(entry.getSize()));
        exchange.addHeader("Content-Length", Long.toString(sent.length()));
        pass(parts, exchange.output());
        exchange.output().flush();
    }

    private ReadRequest.Builder request() {
        return ReadRequest.newBuilder().setSandboxId(sandboxId).setPath(path);
    }

    /** Awaits the beginning of a file, so that a refusal has its own status. */
    private static FileEntry begin(HttpExchange exchange, Iterator<ReadResponse> parts, int status) {
        FileEntry entry = parts.next().getEntry();
        exchange.setStatus(status);
        exchange.addHeader("Content-Type", "application/octet-stream");
        exchange.addHeader("Content-Disposition", ContentDisposition.inline(entry.getName()));
        exchange.addHeader("Last-Modified", modified(entry));
        return entry;
    }

    private static String modified(FileEntry entry) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.ofEpochSecond(entry.getModified().getSeconds()).atOffset(ZoneOffset.UTC));
    }

    private static void pass(Iterator<ReadResponse> parts, OutputStream output) throws IOException {
        while (parts.hasNext()) {
            parts.next().getData().writeTo(output);
        }
    }
}

package io.neurovisor.bench.trace;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A server on a loopback port that receives the spans that a daemon exports by OTLP over HTTP. */
final class SpanReceiver implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(50);
    private static final int MOST_BYTES = 16 << 20;
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final String TRACES = "/v1/traces";

    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    private SpanReceiver(HttpServer server) {
        this.server = server;
    }

    static SpanReceiver start() {
        try {
            SpanReceiver receiver =
                    new SpanReceiver(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            receiver.server.createContext("/", receiver::take);
            receiver.server.start();
            return receiver;
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "spans cannot be received", exception);
        }
    }

    /** Returns the endpoint for {@code --otlp}. */
    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + TRACES;
    }

    /** Waits until the span {@code last} of the trace has arrived, then returns all spans of the trace. */
    List<Span> await(String trace, String last) {
        Deadline deadline = Deadline.after(LIMIT, Ticker.SYSTEM);
        while (of(trace).noneMatch(span -> span.name().equals(last))) {
            if (deadline.hasPassed()) {
                throw new NeuroVisorException(
                        Fault.TOOL_FAILED, "the daemon did not export span " + last + " of trace " + trace);
            }
            Pause.of(LOOK_AGAIN_AFTER);
        }
        return of(trace).toList();
    }

    private Stream<Span> of(String trace) {
        return spans.stream().filter(span -> span.trace().equals(trace));
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange;
                InputStream body = exchange.getRequestBody()) {
            int status = OK;
            byte[] request = body.readNBytes(MOST_BYTES);
            if (exchange.getRequestURI().getPath().endsWith(TRACES)) {
                try {
                    spans.addAll(parse(request));
                } catch (IOException exception) {
                    status = BAD_REQUEST;
                }
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    /** Decodes an ExportTraceServiceRequest by the field numbers of opentelemetry-proto. */
    static List<Span> parse(byte[] request) throws IOException {
        return Stream.of(UnknownFieldSet.parseFrom(request))
                .flatMap(all -> messages(all, 1))
                .flatMap(resource -> messages(resource, 2))
                .flatMap(scope -> messages(scope, 2))
                .map(SpanReceiver::span)
                .toList();
    }

    private static Stream<UnknownFieldSet> messages(UnknownFieldSet of, int field) {
        return of.getField(field).getLengthDelimitedList().stream().map(bytes -> {
            try {
                return UnknownFieldSet.parseFrom(bytes);
            } catch (IOException exception) {
                return UnknownFieldSet.getDefaultInstance();
            }
        });
    }

    private static Span span(UnknownFieldSet span) {
        return new Span(
                HexFormat.of().formatHex(bytes(span, 1)),
                HexFormat.of().formatHex(bytes(span, 2)),
                HexFormat.of().formatHex(bytes(span, 4)),
                new String(bytes(span, 5), StandardCharsets.UTF_8),
                nanos(span, 7),
                nanos(span, 8));
    }

    private static byte[] bytes(UnknownFieldSet of, int field) {
        return of.getField(field).getLengthDelimitedList().stream()
                .findFirst()
                .orElse(ByteString.EMPTY)
                .toByteArray();
    }

    private static long nanos(UnknownFieldSet of, int field) {
        return of.getField(field).getFixed64List().stream().findFirst().orElse(0L);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

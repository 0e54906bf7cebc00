package io.neurovisor.bench.trace;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

    /** Decodes the spans of an ExportTraceServiceRequest. */
    static List<Span> parse(byte[] request) throws IOException {
        return ExportTraceServiceRequest.parseFrom(request).getResourceSpansList().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .map(SpanReceiver::span)
                .toList();
    }

    private static Span span(io.opentelemetry.proto.trace.v1.Span span) {
        return new Span(
                hex(span.getTraceId()),
                hex(span.getSpanId()),
                hex(span.getParentSpanId()),
                span.getName(),
                span.getStartTimeUnixNano(),
                span.getEndTimeUnixNano());
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

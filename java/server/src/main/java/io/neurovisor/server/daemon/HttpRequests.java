package io.neurovisor.server.daemon;

import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.http.api.RequestHead;
import io.neurovisor.server.http.api.RequestObserver;
import io.neurovisor.server.metrics.HttpMetrics;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.trace.RequestTrace;
import io.neurovisor.server.trace.TraceParents;
import io.neurovisor.server.trace.TraceScope;
import io.neurovisor.server.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Assigns a trace and a span to every request of the HTTP port, returns the trace id to the client, and measures the request.
 *
 * @param random for the ids of spans that are not recorded
 */
record HttpRequests(Tracing tracing, HttpMetrics metrics, RandomGenerator random, Ticker ticker)
        implements RequestObserver {
    private static final String TRACEPARENT = "traceparent";
    private static final String TRACE_ID = "x-trace-id";
    private static final int SERVER_ERROR = 500;

    static HttpRequests of(Tracing tracing, Metrics metrics) {
        return new HttpRequests(tracing, metrics.http(), new SecureRandom(), Ticker.SYSTEM);
    }

    @Override
    public Observed begin(RequestHead head, String api) {
        RequestTrace trace = RequestTrace.of(
                head.header(TRACEPARENT).orElse(null), head.header(TRACE_ID).orElse(null));
        SpanBuilder builder = tracing.span(head.method() + " " + api)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.request.method", head.method())
                .setAttribute("url.path", head.path());
        trace.clientId().ifPresent(name -> builder.setAttribute("client_trace_id", name));
        Span span = tracing.begin(builder, trace);
        TraceScope scope = TraceScope.open(trace.id(), Context.root().with(span));
        return new ServedRequest(api, trace, span, scope, ticker.nanos());
    }

    private final class ServedRequest implements Observed {
        private final String api;
        private final RequestTrace trace;
        private final Span span;
        private final TraceScope scope;
        private final long startNanos;
        private final String response;

        ServedRequest(String api, RequestTrace trace, Span span, TraceScope scope, long startNanos) {
            this.api = api;
            this.trace = trace;
            this.span = span;
            this.scope = scope;
            this.startNanos = startNanos;
            this.response = isRecorded() ? TraceParents.of(span.getSpanContext()) : trace.response(random);
        }

        /** Without tracing, the span is invalid or the client's. */
        private boolean isRecorded() {
            return span.getSpanContext().isValid() && !span.getSpanContext().isRemote();
        }

        @Override
        public Map<String, String> answered() {
            return Map.of(TRACE_ID, trace.displayId(), "traceresponse", response);
        }

        @Override
        public Map<String, String> onward() {
            Map<String, String> headers = new TreeMap<>(Map.of(TRACEPARENT, response));
            trace.clientId().ifPresent(name -> headers.put(TRACE_ID, name));
            return headers;
        }

        @Override
        public void end(int status) {
            span.setAttribute("http.response.status_code", status);
            if (status >= SERVER_ERROR) {
                span.setStatus(StatusCode.ERROR);
            }
            span.end();
            scope.close();
            metrics.served(api, status, Duration.ofNanos(ticker.nanos() - startNanos), trace.id());
        }
    }
}

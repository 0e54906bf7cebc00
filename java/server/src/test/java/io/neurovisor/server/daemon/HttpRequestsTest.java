package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.HttpApi;
import io.neurovisor.server.http.api.HttpRoute;
import io.neurovisor.server.http.api.RequestHead;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.metrics.Scrape;
import io.neurovisor.server.trace.Recorded;
import io.neurovisor.server.trace.TraceScope;
import io.neurovisor.server.trace.Tracing;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;

@Timeout(60)
final class HttpRequestsTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

    private Metrics metrics = new Metrics();

    /** An API whose responses have the trace of the thread, and the headers for calls. */
    private static final class Echo implements HttpApi {
        @Override
        public Optional<HttpRoute> route(RequestHead head) {
            return head.path().equals("/none")
                    ? Optional.empty()
                    : Optional.of(new HttpRoute(0, false, exchange -> {
                        exchange.addHeader("log", String.valueOf(MDC.get(TraceScope.KEY)));
                        exchange.onward().forEach((name, value) -> exchange.addHeader("onward-" + name, value));
                        exchange.answer(head.path().equals("/failing") ? 503 : 200, "");
                    }));
        }

        @Override
        public String name() {
            return "echo";
        }
    }

    private HttpResponse<Void> get(Tracing tracing, String path, String... headers)
            throws IOException, InterruptedException {
        metrics = new Metrics();
        try (ApiPort port = ApiPort.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Optional.empty(),
                        ApiPortLimits.USUAL,
                        HttpRequests.of(tracing, metrics));
                HttpClient client = HttpClient.newHttpClient()) {
            port.serve(List.of(new Echo()));
            HttpRequest.Builder request = HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port.address().getPort() + path));
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), BodyHandlers.discarding());
        }
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @Test
    void theTraceOfAClientIsThatOfItsCalls() throws Exception {
        HttpResponse<Void> response = get(Tracing.OFF, "/", "traceparent", PARENT);
        assertThat(header(response, "x-trace-id").replace("-", "")).isEqualTo(TRACE);
        assertThat(header(response, "traceresponse")).startsWith("00-" + TRACE);
        assertThat(header(response, "onward-traceparent")).startsWith("00-" + TRACE);
        assertThat(header(response, "log")).isEqualTo(TRACE);
    }

    @Test
    void aRequestWithoutATraceHasOne() throws Exception {
        HttpResponse<Void> response = get(Tracing.OFF, "/", "x-trace-id", "my name");
        assertThat(header(response, "x-trace-id")).isEqualTo("my name");
        assertThat(header(response, "onward-x-trace-id")).isEqualTo("my name");
        String id = header(response, "log");
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(header(response, "traceresponse")).startsWith("00-" + id);
        assertThat(header(response, "onward-traceparent")).startsWith("00-" + id);
        assertThat(header(get(Tracing.OFF, "/none", "x-trace-id", "x".repeat(200)), "x-trace-id"))
                .matches("[0-9a-f-]{36}");
    }

    @Test
    void aRequestIsASpan() throws Exception {
        try (Recorded recorded = new Recorded(1)) {
            HttpResponse<Void> response = get(recorded.tracing(), "/failing", "traceparent", PARENT);
            SpanData span = recorded.span("GET echo");
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getParentSpanId()).isEqualTo("b7ad6b7169203331");
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(header(response, "onward-traceparent")).contains(span.getSpanId());
        }
    }

    @Test
    void requestsAreMeasured() throws Exception {
        assertThat(get(Tracing.OFF, "/failing").statusCode()).isEqualTo(503);
        assertThat(Scrape.of(metrics.registry()))
                .contains("neurovisor_http_request_duration_seconds_count{api=\"echo\",code=\"503\"} 1")
                .noneMatch(line -> line.contains("/failing"));
    }

    @Test
    void aRequestForNoApiIsMeasured() throws Exception {
        assertThat(get(Tracing.OFF, "/none").statusCode()).isEqualTo(404);
        assertThat(Scrape.of(metrics.registry()))
                .contains("neurovisor_http_request_duration_seconds_count{api=\"none\",code=\"404\"} 1");
    }
}

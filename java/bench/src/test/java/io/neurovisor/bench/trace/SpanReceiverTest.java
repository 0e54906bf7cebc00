package io.neurovisor.bench.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import org.junit.jupiter.api.Test;

final class SpanReceiverTest {
    private static final byte[] REQUEST = ExportTraceServiceRequest.newBuilder()
            .addResourceSpans(ResourceSpans.newBuilder()
                    .addScopeSpans(ScopeSpans.newBuilder()
                            .addSpans(io.opentelemetry.proto.trace.v1.Span.newBuilder()
                                    .setTraceId(ByteString.fromHex("0102"))
                                    .setSpanId(ByteString.fromHex("03"))
                                    .setName("call")
                                    .setStartTimeUnixNano(1000)
                                    .setEndTimeUnixNano(3000))))
            .build()
            .toByteArray();

    @Test
    void receivesSpansByHttp() throws IOException {
        try (SpanReceiver receiver = SpanReceiver.start()) {
            assertThat(receiver.url()).endsWith("/v1/traces");
            assertThat(post(receiver.url().replace("traces", "logs"), REQUEST)).isEqualTo(200);
            assertThat(post(receiver.url(), REQUEST)).isEqualTo(200);
            assertThat(receiver.await("0102", "call")).containsExactly(new Span("0102", "03", "", "call", 1000, 3000));
        }
    }

    @Test
    void rejectsInvalidProtobuf() throws IOException {
        try (SpanReceiver receiver = SpanReceiver.start()) {
            assertThat(post(receiver.url(), new byte[] {-1, -1, -1})).isEqualTo(400);
        }
    }

    private static int post(String url, byte[] body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write(body);
        return connection.getResponseCode();
    }
}

package io.neurovisor.bench.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class SpanReceiverTest {
    private static final byte[] REQUEST = message(
                    1,
                    message(
                            2,
                            message(
                                    2,
                                    UnknownFieldSet.newBuilder()
                                            .addField(1, bytes(new byte[] {1, 2}))
                                            .addField(2, bytes(new byte[] {3}))
                                            .addField(5, bytes("call".getBytes(StandardCharsets.UTF_8)))
                                            .addField(7, fixed(1000))
                                            .addField(8, fixed(3000))
                                            .build())))
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

    private static UnknownFieldSet message(int field, UnknownFieldSet content) {
        return UnknownFieldSet.newBuilder()
                .addField(field, bytes(content.toByteArray()))
                .build();
    }

    private static UnknownFieldSet.Field bytes(byte[] content) {
        return UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFrom(content))
                .build();
    }

    private static UnknownFieldSet.Field fixed(long value) {
        return UnknownFieldSet.Field.newBuilder().addFixed64(value).build();
    }
}

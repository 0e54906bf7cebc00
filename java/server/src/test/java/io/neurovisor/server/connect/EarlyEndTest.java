package io.neurovisor.server.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.RawHttp2;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests calls that end while their clients are sending. */
final class EarlyEndTest extends EchoFixture {
    private static final String STREAM = "application/connect+json";

    /** Announces a message that is too large. */
    private static final byte[] TOO_LARGE = {0, 127, 0, 0, 0};

    /** A client drops the response of a stream that is reset, even if all of it has arrived. */
    @ParameterizedTest
    @CsvSource({
        "Join, application/connect+json, connect-content-encoding, identity",
        "Many, application/connect+json, connect-content-encoding, identity",
        "Talk, application/connect+json, connect-content-encoding, gzip",
        "One, application/json, content-encoding, gzip"
    })
    void aStreamOfHttp2IsNotResetBeforeItsClientEndsIt(String method, String type, String name, String value)
            throws Exception {
        try (RawHttp2 client = new RawHttp2(fixture.socket())) {
            client.frame(
                    RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, head(method, Map.of("content-type", type, name, value)));
            client.frame(RawHttp2.DATA, 0, 1, TOO_LARGE);
            assertThat(client.resetUntilEndOf(1)).isEmpty();
            client.frame(RawHttp2.DATA, 0, 1, TOO_LARGE);
            client.frame(
                    RawHttp2.HEADERS, RawHttp2.END_HEADERS, 3, head("One", Map.of("content-type", "application/json")));
            client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, ConnectFixture.json("you"));
            assertThat(client.resetUntilEndOf(3)).isEmpty();
            client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, TOO_LARGE);
        }
    }

    @Test
    void aConnectionOfHttp1ServesTheNextRequest() throws Exception {
        try (Socket socket = fixture.socket()) {
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            out.write(ConnectFixture.head("Join", STREAM, "Transfer-Encoding: chunked\r\n"));
            ConnectFixture.chunk(out, TOO_LARGE);
            assertThat(ConnectFixture.until(in, "\r\n0\r\n\r\n")).contains("resource_exhausted");
            ConnectFixture.chunk(out, new byte[1 << 20]);
            out.write("0\r\n\r\n".getBytes(UTF_8));
            byte[] next = ConnectFixture.json("you");
            out.write(ConnectFixture.head("One", "application/json", "Content-Length: " + next.length + "\r\n"));
            out.write(next);
            assertThat(ConnectFixture.until(in, "hello you")).contains("hello you");
        }
    }

    @Test
    void aClientThatNeverEndsIsDisconnected() throws Exception {
        try (Socket socket = fixture.socket()) {
            OutputStream out = socket.getOutputStream();
            out.write(ConnectFixture.head("Join", STREAM, "Transfer-Encoding: chunked\r\n"));
            ConnectFixture.chunk(out, TOO_LARGE);
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .contains("resource_exhausted");
        }
    }

    private static byte[] head(String method, Map<String, String> more) {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.writeBytes(RawHttp2.field(":method", "POST"));
        head.writeBytes(RawHttp2.field(":scheme", "http"));
        head.writeBytes(RawHttp2.field(":authority", "localhost"));
        head.writeBytes(RawHttp2.field(":path", "/" + ConnectFixture.SERVICE + "/" + method));
        more.forEach((name, value) -> head.writeBytes(RawHttp2.field(name, value)));
        return head.toByteArray();
    }
}

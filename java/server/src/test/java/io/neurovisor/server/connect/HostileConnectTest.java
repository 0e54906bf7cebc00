package io.neurovisor.server.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.neurovisor.server.http.api.ApiPortLimits;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sends what no honest client sends: each gets an error of Connect, and the port serves the next one. */
final class HostileConnectTest extends EchoFixture {
    @AfterEach
    void servesTheNextClient() throws Exception {
        assertThat(send("One", "application/json", ConnectFixture.json("you")).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # what                     | envelope           | code               | message
            nothing after five bytes   | 0000000005         | invalid_argument   | ends within a message
            a length that is too large | 000000000a7b7d     | invalid_argument   | ends within a message
            a header that is cut       | 000000             | invalid_argument   | ends within the header
            flags that do not exist    | 40000000027b7d     | invalid_argument   | unknown flags 64
            an end of a client         | 02000000027b7d     | invalid_argument   | unknown flags 2
            compression                | 01000000027b7d     | internal           | compressed
            2 GiB                      | 007fffffff7b7d     | resource_exhausted | 2147483647 bytes
            4 GiB                      | 00ffffffff7b7d     | resource_exhausted | 4294967295 bytes
            1 byte too much            | 0000100001         | resource_exhausted | 1048577 bytes
            binary as JSON             | 0000000002ff00     | invalid_argument   | as json
            no JSON                    | 00000000027b7b     | invalid_argument   | as json
            no message                 |                    | unimplemented      | exactly one message
            two messages               | 00000000027b7d00000000027b7d | unimplemented | exactly one message
            """)
    void answersWithAnError(String what, @Nullable String envelope, String code, String message) throws Exception {
        byte[] body = HexFormat.of().parseHex(envelope == null ? "" : envelope);
        HttpResponse<byte[]> response = send("Many", "application/connect+json", body);
        assertThat(response.statusCode()).as(what).isEqualTo(200);
        assertThat(ConnectFixture.contents(response.body()))
                .singleElement()
                .asString()
                .startsWith("2 {\"error\":{\"code\":\"" + code + "\"")
                .contains(message);
    }

    @Test
    void binaryDeclaredAsJsonIsAnInvalidArgument() throws Exception {
        HttpResponse<byte[]> response =
                send("One", "application/json", ConnectFixture.message("x").toByteArray());
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).asString(UTF_8).contains("\"code\":\"invalid_argument\"");
    }

    @Test
    void deepJsonIsAnInvalidArgument() throws Exception {
        HttpResponse<byte[]> response =
                send("One", "application/json", "{\"a\":".repeat(5000).getBytes(UTF_8));
        assertThat(response.statusCode()).isEqualTo(400);
    }

    @Test
    void aBodyThatIsAnnouncedAsTooLargeIsExhausted() throws Exception {
        HttpResponse<byte[]> response = send("One", "application/json", new byte[ConnectFixture.MOST_BYTES + 1]);
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.body()).asString(UTF_8).contains("\"code\":\"resource_exhausted\"");
    }

    @Test
    void aChunkedBodyThatIsTooLargeIsExhausted() throws Exception {
        try (Socket socket = fixture.socket()) {
            OutputStream out = socket.getOutputStream();
            out.write(ConnectFixture.head("One", "application/json", "Transfer-Encoding: chunked\r\n"));
            byte[] part = new byte[64 << 10];
            for (int sent = 0; sent <= ConnectFixture.MOST_BYTES; sent += part.length) {
                ConnectFixture.chunk(out, part);
            }
            assertThat(ConnectFixture.until(socket.getInputStream(), "resource_exhausted"))
                    .contains("HTTP/1.1 429")
                    .contains("resource_exhausted");
        }
    }

    @Test
    void headersThatAreTooLongAreRefused() throws Exception {
        try (Socket socket = fixture.socket()) {
            socket.getOutputStream()
                    .write(ConnectFixture.head("One", "application/json", "X: " + "x".repeat(17 << 10) + "\r\n"));
            assertThat(ConnectFixture.until(socket.getInputStream(), "431")).contains("431");
        }
    }

    @Test
    void aClientThatNeverReadsHoldsUpItsCallAlone() throws Exception {
        try (Socket socket = fixture.socket()) {
            OutputStream out = socket.getOutputStream();
            byte[] body = ConnectFixture.envelopes(ConnectFixture.json("100000000"));
            out.write(
                    ConnectFixture.head("Many", "application/connect+json", "Content-Length: " + body.length + "\r\n"));
            out.write(body);
            out.flush();
            for (String name : List.of("a", "b")) {
                assertThat(send("One", "application/json", ConnectFixture.json(name))
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void aClientThatNeverReadsIsDisconnected() throws Exception {
        Duration soon = Duration.ofMillis(100);
        Duration later = Duration.ofMinutes(1);
        ApiPortLimits limits = new ApiPortLimits(512, 512, 16 << 10, later, later, soon, soon);
        try (ConnectFixture impatient = new ConnectFixture(limits);
                Socket socket = impatient.socket()) {
            byte[] body = ConnectFixture.envelopes(ConnectFixture.json("endless"));
            socket.getOutputStream()
                    .write(ConnectFixture.head(
                            "Flood", "application/connect+json", "Content-Length: " + body.length + "\r\n"));
            socket.getOutputStream().write(body);
            impatient.cancelled.get(60, TimeUnit.SECONDS);
        }
    }

    /** A message that is announced takes as much memory as has arrived of it. */
    @Test
    void anAnnouncedMessageTakesNoMemory() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] announced = {0, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff, '{'};
        Envelopes envelopes = new Envelopes(new ByteArrayInputStream(announced), Integer.MAX_VALUE);
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(envelopes::next).hasMessageContaining("1 of 2147483647 bytes");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    }

    private HttpResponse<byte[]> send(String method, String type, byte[] body) throws Exception {
        try (HttpClient client = fixture.client(Version.HTTP_1_1)) {
            return fixture.send(client, method, type, body);
        }
    }
}

package io.neurovisor.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Requests over HTTP/2 that have no header {@code Host} but {@code :authority}, as those of E2B's client for Python. */
final class HttpTwoTest extends E2bFixture {
    private static final byte HEADERS = 1;
    private static final byte SETTINGS = 4;
    private static final byte END_OF_STREAM_AND_HEADERS = 5;

    /** RFC 7541, appendix A: {@code :status 204} and {@code :status 404}. */
    private static final int NO_CONTENT = 0x89;

    private static final int NOT_FOUND = 0x8d;

    @Test
    void theAuthorityNamesASandboxAsAHostDoes() throws Exception {
        Box box = api.create();
        assertThat(health(ServedE2b.ENVD + "-" + box.id() + "." + ServedE2b.DOMAIN))
                .isEqualTo(NO_CONTENT);
        assertThat(health(ServedE2b.ENVD + "-" + box.id() + "." + ServedE2b.DOMAIN + ":443"))
                .isEqualTo(NO_CONTENT);
        assertThat(health("elsewhere.example")).isEqualTo(NOT_FOUND);
    }

    /** Returns the first header of the response in HPACK, which is its status. */
    private int health(String authority) throws IOException {
        URI port = api.request("/").build().uri();
        try (Socket socket = new Socket(port.getHost(), port.getPort())) {
            socket.setSoTimeout(60_000);
            OutputStream out = socket.getOutputStream();
            out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.write(frame(SETTINGS, (byte) 0, 0, new byte[0]));
            ByteArrayOutputStream headers = new ByteArrayOutputStream();
            headers.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86}); // :method GET, :scheme http
            literal(headers, 1, authority);
            literal(headers, 4, "/health");
            out.write(frame(HEADERS, END_OF_STREAM_AND_HEADERS, 1, headers.toByteArray()));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
                byte type = in.readByte();
                in.skipNBytes(5);
                byte[] payload = in.readNBytes(length);
                if (type == HEADERS) {
                    return first(ByteBuffer.wrap(payload));
                }
            }
        }
    }

    /** Skips updates of the size of the table. */
    private static int first(ByteBuffer headers) {
        int first = Byte.toUnsignedInt(headers.get());
        while (first >> 5 == 1) {
            for (boolean more = (first & 0x1f) == 0x1f; more; more = headers.get() < 0) {}
            first = Byte.toUnsignedInt(headers.get());
        }
        return first;
    }

    private static void literal(ByteArrayOutputStream headers, int name, String value) {
        headers.write(name);
        headers.write(value.length());
        headers.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] frame(byte type, byte flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .putShort((short) (payload.length >> 8))
                .put((byte) payload.length)
                .put(type)
                .put(flags)
                .putInt(stream)
                .put(payload)
                .array();
    }
}

package io.neurovisor.testkit;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A client of HTTP/2 that sends frames in any order, as hostile clients do. It ignores flow control and answers nothing. */
public final class RawHttp2 implements AutoCloseable {
    /** The error code of a server that ends a connection for its behaviour (RFC 9113, section 7). */
    public static final int ENHANCE_YOUR_CALM = 11;

    /** The error code of a server that ends a connection in order. */
    public static final int NO_ERROR = 0;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    /** Shorter than the time after which a server that hears nothing hangs up. */
    private static final Duration READ_LIMIT = Duration.ofSeconds(25);

    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int END_HEADERS = 4;
    private static final int CANCEL = 8;

    /** Indexes of the static table (RFC 7541, appendix A), as fields and as names of fields. */
    private static final byte[] POST_BY_HTTP = {(byte) 0x83, (byte) 0x86};

    private static final byte PATH = 0x04;
    private static final byte AUTHORITY = 0x01;
    private static final byte[] CONTENT_TYPE = {0x0f, 0x10};

    private final Socket socket;
    private final OutputStream output;
    private final DataInputStream input;

    /** Connects to a port of loopback and begins HTTP/2. */
    public RawHttp2(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout((int) READ_LIMIT.toMillis());
        output = socket.getOutputStream();
        input = new DataInputStream(socket.getInputStream());
        output.write(PREFACE);
        frame(SETTINGS, 0, 0, new byte[0]);
    }

    /**
     * Opens a call of gRPC, of which no message follows.
     *
     * @param stream odd, and higher than any before
     * @param method such as {@code package.Service/Method}, at most 120 characters
     */
    public void open(int stream, String method) throws IOException {
        ByteArrayOutputStream fields = new ByteArrayOutputStream();
        fields.writeBytes(POST_BY_HTTP);
        fields.write(PATH);
        text(fields, "/" + method);
        fields.write(AUTHORITY);
        text(fields, "localhost");
        fields.writeBytes(CONTENT_TYPE);
        text(fields, "application/grpc");
        fields.write(0);
        text(fields, "te");
        text(fields, "trailers");
        frame(HEADERS, END_HEADERS, stream, fields.toByteArray());
    }

    /** Without Huffman coding; the length has a byte. */
    private static void text(ByteArrayOutputStream fields, String text) {
        fields.write(text.length());
        fields.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Resets a call. */
    public void reset(int stream) throws IOException {
        frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, CANCEL});
    }

    private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        output.write(ByteBuffer.allocate(9 + payload.length)
                .putInt(payload.length << 8 | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array());
    }

    /** Reads until the server says that it takes no more calls of this connection. Returns its error code. */
    public int awaitGoAway() throws IOException {
        while (true) {
            int head = input.readInt();
            int length = head >>> 8;
            input.skipNBytes(5);
            if ((head & 0xff) == GOAWAY) {
                input.skipNBytes(4);
                return input.readInt();
            }
            input.skipNBytes(length);
        }
    }

    /** Reads until the server closes the connection. Returns false when it sends nothing for some time instead. */
    public boolean isClosed() throws IOException {
        try {
            input.readAllBytes();
            return true;
        } catch (SocketTimeoutException open) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

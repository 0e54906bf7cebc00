package io.neurovisor.testkit;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** An HTTP/2 client that sends arbitrary frames, as hostile clients do. It ignores flow control and never responds to frames. */
public final class RawHttp2 implements Closeable {
    /** The error code for excessive load (RFC 9113, section 7). */
    public static final int ENHANCE_YOUR_CALM = 11;

    /** The error code of a graceful shutdown. */
    public static final int NO_ERROR = 0;

    /** Types of frames (RFC 9113, section 6). */
    public static final int DATA = 0;

    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    private static final int GOAWAY = 7;

    /** Flags of DATA and HEADERS. */
    public static final int END_STREAM = 1;

    public static final int END_HEADERS = 4;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final Duration READ_LIMIT = Duration.ofSeconds(60);

    /** Shorter than the keep-alive timeout of the server. */
    private static final Duration BEFORE_KEEPALIVE = Duration.ofSeconds(25);

    private static final int CANCEL = 8;

    /** Indexes of the static table (RFC 7541, appendix A), for fields and for names of fields. */
    private static final byte[] POST_BY_HTTP = {(byte) 0x83, (byte) 0x86};

    private static final byte PATH = 0x04;
    private static final byte AUTHORITY = 0x01;
    private static final byte[] CONTENT_TYPE = {0x0f, 0x10};

    private final Socket socket;
    private final OutputStream output;
    private final DataInputStream input;

    /** Connects to a loopback port and begins HTTP/2. */
    public RawHttp2(int port) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** Begins HTTP/2 on a connection and takes ownership of it. */
    public RawHttp2(Socket connection) throws IOException {
        socket = requireNonNull(connection, "connection is null");
        socket.setSoTimeout((int) READ_LIMIT.toMillis());
        output = socket.getOutputStream();
        input = new DataInputStream(socket.getInputStream());
        output.write(PREFACE);
        frame(SETTINGS, 0, 0, new byte[0]);
    }

    /**
     * Opens a gRPC call without a message.
     *
     * @param stream an odd number, higher than those before
     * @param method a name such as {@code package.Service/Method}
     */
    public void open(int stream, String method) throws IOException {
        frame(HEADERS, END_HEADERS, stream, head(method, Map.of()));
    }

    /** Returns the header block of a call, with further fields, in the encoding of RFC 7541 without Huffman coding. */
    public static byte[] head(String method, Map<String, String> more) {
        ByteArrayOutputStream fields = new ByteArrayOutputStream();
        fields.writeBytes(POST_BY_HTTP);
        fields.write(PATH);
        text(fields, "/" + method);
        fields.write(AUTHORITY);
        text(fields, "localhost");
        fields.writeBytes(CONTENT_TYPE);
        text(fields, "application/grpc");
        fields.writeBytes(field("te", "trailers"));
        more.forEach((name, value) -> fields.writeBytes(field(name, value)));
        return fields.toByteArray();
    }

    /** Returns a literal header field without indexing. */
    public static byte[] field(String name, String value) {
        ByteArrayOutputStream field = new ByteArrayOutputStream();
        field.write(0);
        text(field, name);
        text(field, value);
        return field.toByteArray();
    }

    /** The length is an integer with a prefix of 7 bits (RFC 7541, section 5.1). */
    private static void text(ByteArrayOutputStream fields, String text) {
        int rest = text.length() - 127;
        fields.write(Math.min(text.length(), 127));
        if (rest >= 0) {
            for (; rest >= 128; rest >>>= 7) {
                fields.write((rest & 127) | 128);
            }
            fields.write(rest);
        }
        fields.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Resets a call. */
    public void reset(int stream) throws IOException {
        frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, CANCEL});
    }

    /** Sends a frame, which may be invalid. */
    public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        frame(payload.length, type, flags, stream, payload);
    }

    /** Sends a frame whose header states the given length. */
    public void frame(int length, int type, int flags, int stream, byte[] payload) throws IOException {
        output.write(ByteBuffer.allocate(9 + payload.length)
                .putInt((length << 8) | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array());
    }

    /** Reads until the server has ended its side of a stream, regularly or by a reset. */
    public void awaitEndOfStream(int stream) throws IOException {
        Set<Integer> _ = resetUntilEndOf(stream);
    }

    /** Reads until the server has ended its side of a stream. Returns the streams that it has reset, which may be that one. */
    public Set<Integer> resetUntilEndOf(int stream) throws IOException {
        Set<Integer> reset = new TreeSet<>();
        while (true) {
            int head = input.readInt();
            int flags = input.readUnsignedByte();
            int current = input.readInt();
            input.skipNBytes(head >>> 8);
            int type = head & 0xff;
            if (type == RST_STREAM) {
                reset.add(current);
            }
            boolean ends = type == RST_STREAM || (type <= HEADERS && (flags & END_STREAM) != 0);
            if (current == stream && ends) {
                return reset;
            }
        }
    }

    /** Reads until the server sends GOAWAY. Returns its error code. */
    public int awaitGoAway() throws IOException {
        OptionalInt code = nextGoAway();
        if (code.isEmpty()) {
            throw new EOFException("the server has closed the connection without a GOAWAY");
        }
        return code.getAsInt();
    }

    /** Reads until the server has closed the connection. Returns the error code of the last GOAWAY; empty without one. */
    public OptionalInt awaitEnd() throws IOException {
        OptionalInt last = OptionalInt.empty();
        try {
            for (OptionalInt next = nextGoAway(); next.isPresent(); next = nextGoAway()) {
                last = next;
            }
        } catch (SocketException reset) {
            // A server that closes a connection with unread bytes resets it.
        }
        return last;
    }

    /** Returns the error code of the next GOAWAY; empty at the end of the connection. */
    private OptionalInt nextGoAway() throws IOException {
        try {
            while (true) {
                int head = input.readInt();
                int length = head >>> 8;
                input.skipNBytes(5);
                if ((head & 0xff) == GOAWAY) {
                    input.skipNBytes(4);
                    int code = input.readInt();
                    input.skipNBytes(length - 8L);
                    return OptionalInt.of(code);
                }
                input.skipNBytes(length);
            }
        } catch (EOFException end) {
            return OptionalInt.empty();
        }
    }

    /** Sets a read timeout that expires before the keep-alive timeout of the server. */
    public void readBeforeKeepalive() throws IOException {
        socket.setSoTimeout((int) BEFORE_KEEPALIVE.toMillis());
    }

    /** Reads until the server closes the connection. Returns false if the read timeout expires instead. */
    public boolean isClosed() throws IOException {
        readBeforeKeepalive();
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

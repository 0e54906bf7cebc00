package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.RawHttp2;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Attacks with invalid or excessive HTTP/2 frames. */
final class Http2Attacks {
    private static final String CHECK = "grpc.health.v1.Health/Check";

    /** Types of frames (RFC 9113, section 6). */
    private static final int PRIORITY = 2;

    private static final int PUSH_PROMISE = 5;
    private static final int PING = 6;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int PADDED = 8;

    /** Error codes (RFC 9113, section 7). */
    private static final int PROTOCOL_ERROR = 1;

    private static final int FLOW_CONTROL_ERROR = 3;
    private static final int FRAME_SIZE_ERROR = 6;
    private static final int COMPRESSION_ERROR = 9;

    private static final int FLOOD = 20_000;

    private Http2Attacks() {}

    /** Sends the frames of one connection. */
    @FunctionalInterface
    private interface Frames {
        void send(RawHttp2 client) throws IOException;
    }

    static List<ClientAttack> all() {
        return Stream.concat(floods(), violations()).toList();
    }

    private static Stream<ClientAttack> floods() {
        return Stream.of(
                closed(
                                "rapid_resets",
                                "Opens a thousand and one calls and resets each immediately.",
                                RawHttp2.ENHANCE_YOUR_CALM,
                                Http2Attacks::rapidResets)
                        .inShortTier(),
                closed(
                        "pings",
                        "Sends twenty thousand pings.",
                        RawHttp2.ENHANCE_YOUR_CALM,
                        client -> repeat(() -> client.frame(PING, 0, 0, new byte[8]))),
                served(
                        "settings",
                        "Sends its settings twenty thousand times.",
                        Defence.NOTHING,
                        client -> repeat(() -> client.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]))),
                served(
                        "priorities",
                        "Gives twenty thousand streams that do not exist a priority.",
                        Defence.NOTHING,
                        Http2Attacks::priorities),
                served(
                        "unknown_frames",
                        "Sends twenty thousand frames of a type that does not exist.",
                        Defence.NOTHING,
                        client -> repeat(() -> client.frame(0xfa, 0, 0, new byte[100]))),
                closed(
                                "endless_headers",
                                "Continues a block of headers without an end.",
                                RawHttp2.ENHANCE_YOUR_CALM,
                                Http2Attacks::endlessHeaders)
                        .inShortTier(),
                served(
                        "packed_headers",
                        "Sends a header of 4 KiB once and refers to it three thousand times.",
                        Defence.PROTOCOL,
                        Http2Attacks::packedHeaders),
                served("large_headers", "Sends headers of 20 KiB.", Defence.PROTOCOL, Http2Attacks::largeHeaders),
                served(
                        "empty_data",
                        "Sends twenty thousand empty frames of data in one call.",
                        Defence.NOTHING,
                        Http2Attacks::emptyData));
    }

    private static Stream<ClientAttack> violations() {
        return Stream.of(
                closed("window_overflow", "Raises a window above its maximum.", FLOW_CONTROL_ERROR, client -> {
                    client.frame(WINDOW_UPDATE, 0, 0, integer(Integer.MAX_VALUE));
                    client.frame(WINDOW_UPDATE, 0, 0, integer(Integer.MAX_VALUE));
                }),
                closed(
                        "empty_window_update",
                        "Raises a window by nothing.",
                        PROTOCOL_ERROR,
                        client -> client.frame(WINDOW_UPDATE, 0, 0, integer(0))),
                closed(
                        "data_without_a_call",
                        "Sends data on a stream that was never opened.",
                        PROTOCOL_ERROR,
                        client -> client.frame(RawHttp2.DATA, 0, 1, new byte[10])),
                closed(
                        "oversized_frame",
                        "Announces a frame of 16 MiB.",
                        FRAME_SIZE_ERROR,
                        client -> client.frame(0xffffff, RawHttp2.DATA, 0, 1, new byte[100])),
                closed(
                        "even_stream",
                        "Opens a stream with a number of the server's.",
                        PROTOCOL_ERROR,
                        client -> client.open(2, CHECK)),
                served(
                        "old_stream",
                        "Opens a stream with a lower number than one that has ended.",
                        Defence.PROTOCOL,
                        client -> {
                            client.open(3, CHECK);
                            client.reset(3);
                            client.open(1, CHECK);
                        }),
                closed(
                        "push",
                        "Promises the server a stream.",
                        PROTOCOL_ERROR,
                        client -> client.frame(PUSH_PROMISE, RawHttp2.END_HEADERS, 1, integer(2))),
                closed("padding", "Pads data with more bytes than the frame has.", PROTOCOL_ERROR, client -> {
                    client.open(1, CHECK);
                    client.frame(RawHttp2.DATA, PADDED, 1, new byte[] {100, 1, 2});
                }),
                closed(
                        "broken_compression",
                        "Refers to a header that no table has.",
                        COMPRESSION_ERROR,
                        client -> client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, new byte[] {(byte) 0xfe})),
                new ClientAttack(
                        Group.HTTP2,
                        "other_protocols",
                        "Speaks HTTP/1.1, TLS and garbage where HTTP/2 is served.",
                        Defence.PROTOCOL,
                        Http2Attacks::otherProtocols));
    }

    /** Returns an attack after which the server closes the connection with this error. */
    private static ClientAttack closed(String name, String title, int code, Frames frames) {
        return new ClientAttack(Group.HTTP2, name, title, Defence.PROTOCOL, attacker -> {
            RawHttp2 client = attacker.http2();
            try {
                frames.send(client);
            } catch (SocketException closed) {
                // The server closed the connection before everything was sent.
            }
            assertThat(client.awaitEnd()).isEqualTo(OptionalInt.of(code));
        });
    }

    /** Returns an attack that leaves the connection usable for the next call. */
    private static ClientAttack served(String name, String title, Defence stoppedBy, Frames frames) {
        return new ClientAttack(Group.HTTP2, name, title, stoppedBy, attacker -> {
            RawHttp2 client = attacker.http2();
            frames.send(client);
            client.open(1001, CHECK);
            client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1001, new byte[5]);
            client.awaitEndOfStream(1001);
        });
    }

    private interface Sending {
        void send() throws IOException;
    }

    private static void repeat(Sending sending) throws IOException {
        for (int count = 0; count < FLOOD; count++) {
            sending.send();
        }
    }

    private static byte[] integer(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private static void rapidResets(RawHttp2 client) throws IOException {
        for (int stream = 1; stream <= 2001; stream += 2) {
            client.open(stream, CHECK);
            client.reset(stream);
        }
    }

    private static void priorities(RawHttp2 client) throws IOException {
        byte[] priority = {0, 0, 0, 0, 16};
        for (int stream = 3; stream < 3 + 2 * FLOOD; stream += 2) {
            client.frame(PRIORITY, 0, stream, priority);
        }
    }

    private static void endlessHeaders(RawHttp2 client) throws IOException {
        client.frame(RawHttp2.HEADERS, 0, 1, RawHttp2.head(CHECK, Map.of()));
        repeat(() -> client.frame(CONTINUATION, 0, 1, RawHttp2.field("x", "y")));
    }

    private static void packedHeaders(RawHttp2 client) throws IOException {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(RawHttp2.head(CHECK, Map.of()));
        byte[] field = RawHttp2.field("bomb", "x".repeat(4000));
        field[0] = 0x40; // Adds the field to the table as its newest entry.
        block.writeBytes(field);
        for (int count = 0; count < 3000; count++) {
            block.write(0x80 | 62);
        }
        client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, block.toByteArray());
        client.awaitEndOfStream(1);
    }

    private static void largeHeaders(RawHttp2 client) throws IOException {
        client.frame(RawHttp2.HEADERS, 0, 1, RawHttp2.head(CHECK, Map.of("x-one", "y".repeat(10_000))));
        client.frame(CONTINUATION, RawHttp2.END_HEADERS, 1, RawHttp2.field("x-two", "y".repeat(10_000)));
        client.awaitEndOfStream(1);
    }

    private static void emptyData(RawHttp2 client) throws IOException {
        client.open(1, CHECK);
        repeat(() -> client.frame(RawHttp2.DATA, 0, 1, new byte[0]));
    }

    private static void otherProtocols(Attacker attacker) throws IOException {
        List<byte[]> openings = List.of(
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                new byte[] {0x16, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3},
                new byte[1000]);
        for (byte[] opening : openings) {
            Socket socket = attacker.socket();
            socket.getOutputStream().write(opening);
            awaitEnd(socket);
        }
    }

    /** Reads until the server closes the connection. */
    static void awaitEnd(Socket socket) throws IOException {
        try {
            byte[] _ = socket.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            // The server closed the connection with unread bytes.
        }
    }
}

package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.testkit.RawHttp2;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** Attacks on encrypted ports: incomplete handshakes, half-closed connections, callers without a key. */
final class TlsAttacks {
    private static final String CHECK = "grpc.health.v1.Health/Check";

    /** The beginning of a client hello. */
    private static final byte[] HALF_A_HELLO = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 0, 0, 0, 0, 0};

    /** The type of an alert record. */
    private static final byte ALERT = 0x15;

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final String GET = "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n";

    private TlsAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                tls(
                        "plain_text",
                        "Speaks HTTP without encryption to both ports.",
                        Defence.PROTOCOL,
                        TlsAttacks::plainText),
                tls(
                        "half_handshakes",
                        "Begins 300 handshakes and ends none.",
                        Defence.TIME,
                        TlsAttacks::halfHandshakes),
                tls(
                        "half_closed_connections",
                        "Ends its side of 50 encrypted connections and keeps the other open.",
                        Defence.PROTOCOL,
                        TlsAttacks::halfClosedConnections),
                tls(
                        "handshake_flood",
                        "Makes 200 handshakes and resets each connection.",
                        Defence.NOTHING,
                        TlsAttacks::handshakeFlood),
                tls("old_protocols", "Offers TLS 1.0 and 1.1 alone.", Defence.PROTOCOL, TlsAttacks::oldProtocols),
                tls(
                        "other_protocols",
                        "Encrypts, and agrees on no protocol or on HTTP/1.1.",
                        Defence.PROTOCOL,
                        TlsAttacks::otherProtocols),
                tls(
                        "garbage_after_the_handshake",
                        "Sends bytes that are not encrypted after the handshake.",
                        Defence.PROTOCOL,
                        TlsAttacks::garbageAfterTheHandshake),
                tls(
                        "encrypted_resets",
                        "Opens a thousand and one calls and resets each immediately.",
                        Defence.PROTOCOL,
                        TlsAttacks::encryptedResets),
                tls(
                        "calls_without_a_key",
                        "Calls every service without a key, and with one in other headers.",
                        Defence.KEYS,
                        TlsAttacks::callsWithoutAKey),
                tls(
                        "checks_without_a_key",
                        "Opens 100 checks of health without a key.",
                        Defence.LIMITS,
                        TlsAttacks::checksWithoutAKey),
                tls(
                        "metrics_without_a_key",
                        "Asks for metrics and page without a key, with wrong ones and with one that opens other things.",
                        Defence.KEYS,
                        TlsAttacks::metricsWithoutAKey),
                tls(
                        "metrics_key_guessing",
                        "Tries a hundred keys as passwords of the status page.",
                        Defence.KEYS,
                        TlsAttacks::metricsKeyGuessing),
                tls(
                        "half_handshakes_for_metrics",
                        "Begins 200 handshakes with the metrics port and ends none.",
                        Defence.TIME,
                        TlsAttacks::halfHandshakesForMetrics));
    }

    private static ClientAttack tls(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.TLS, name, title, stoppedBy, script);
    }

    private static Encryption encryption(Attacker attacker) {
        return attacker.daemon().encryption().orElseThrow();
    }

    private static SSLSocket connect(Attacker attacker) {
        return attacker.own(encryption(attacker).connect(attacker.daemon().port(), "h2"));
    }

    private static void plainText(Attacker attacker) throws IOException {
        for (Socket socket : List.of(attacker.socket(), attacker.statusSocket())) {
            socket.getOutputStream().write(GET.formatted("/metrics", "").getBytes(StandardCharsets.US_ASCII));
            String answer = new String(read(socket), StandardCharsets.ISO_8859_1);
            assertThat(answer).doesNotContain("HTTP", "neurovisor");
        }
    }

    private static byte[] read(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            return new byte[0];
        }
    }

    private static void halfHandshakes(Attacker attacker) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int count = 0; count < 300; count++) {
            sockets.add(attacker.socket());
        }
        endHalfHandshakes(sockets);
    }

    private static void halfHandshakesForMetrics(Attacker attacker) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int count = 0; count < 200; count++) {
            sockets.add(attacker.statusSocket());
        }
        endHalfHandshakes(sockets);
    }

    private static void endHalfHandshakes(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.getOutputStream().write(HALF_A_HELLO);
        }
        for (Socket socket : sockets) {
            Http2Attacks.awaitEnd(socket);
        }
    }

    private static void halfClosedConnections(Attacker attacker) throws IOException {
        List<SSLSocket> sockets = new ArrayList<>();
        for (int count = 0; count < 50; count++) {
            SSLSocket socket = connect(attacker);
            RawHttp2 client = attacker.own(new RawHttp2(socket));
            client.open(1, CHECK);
            // Sends close_notify; the TCP connection stays open in both directions.
            socket.shutdownOutput();
            sockets.add(socket);
        }
        for (SSLSocket socket : sockets) {
            Http2Attacks.awaitEnd(socket);
        }
    }

    private static void handshakeFlood(Attacker attacker) throws IOException {
        for (int count = 0; count < 200; count++) {
            try (SSLSocket socket =
                    encryption(attacker).connect(attacker.daemon().port(), "h2")) {
                socket.startHandshake();
                socket.setSoLinger(true, 0);
            }
        }
    }

    private static void oldProtocols(Attacker attacker) throws IOException {
        for (int minor = 1; minor <= 2; minor++) {
            Socket socket = attacker.socket();
            socket.getOutputStream().write(helloOf(minor));
            byte[] answer = read(socket);
            assertThat(answer.length == 0 || answer[0] == ALERT)
                    .as("the daemon answers TLS 1." + (minor - 1))
                    .isTrue();
        }
    }

    /** Returns a client hello of TLS 1.0 (minor 1) or 1.1 (minor 2) with two cipher suites of that version. */
    private static byte[] helloOf(int minor) {
        byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 2 + 4 + 2];
        hello[0] = 0x16;
        hello[1] = 3;
        hello[2] = 1;
        hello[4] = (byte) (hello.length - 5);
        hello[5] = 1;
        hello[8] = (byte) (hello.length - 9);
        hello[9] = 3;
        hello[10] = (byte) minor;
        int suites = 5 + 4 + 2 + 32 + 1;
        hello[suites + 1] = 4;
        hello[suites + 2] = (byte) 0xc0;
        hello[suites + 3] = 0x13;
        hello[suites + 5] = 0x2f;
        hello[suites + 6] = 1;
        return hello;
    }

    private static void otherProtocols(Attacker attacker) throws IOException {
        for (String[] offered : new String[][] {{}, {"http/1.1"}, {"spdy/3"}}) {
            SSLSocket socket =
                    attacker.own(encryption(attacker).connect(attacker.daemon().port(), offered));
            try {
                socket.startHandshake();
                socket.getOutputStream().write(GET.formatted("/", "").getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                        .doesNotContain("HTTP/1.1 200");
            } catch (SSLException | SocketException refused) {
                // The server may close the connection during or after the handshake.
            }
        }
    }

    private static void garbageAfterTheHandshake(Attacker attacker) throws IOException {
        for (int count = 0; count < 20; count++) {
            Socket plain = attacker.socket();
            SSLSocket encrypted = (SSLSocket) encryption(attacker)
                    .context()
                    .getSocketFactory()
                    .createSocket(plain, "localhost", attacker.daemon().port(), false);
            encrypted.startHandshake();
            plain.getOutputStream().write(new byte[1000]);
            Http2Attacks.awaitEnd(plain);
        }
    }

    private static void encryptedResets(Attacker attacker) throws IOException {
        RawHttp2 client = attacker.own(new RawHttp2(connect(attacker)));
        try {
            for (int stream = 1; stream <= 2001; stream += 2) {
                client.open(stream, CHECK);
                client.reset(stream);
            }
        } catch (SocketException closed) {
            // The server closed the connection before all requests were sent.
        }
        assertThat(client.awaitEnd()).isEqualTo(OptionalInt.of(RawHttp2.ENHANCE_YOUR_CALM));
    }

    private static void callsWithoutAKey(Attacker attacker) throws Exception {
        String secret = attacker.daemon().secret(KeyHolder.HONEST);
        Channel channel = attacker.channel();
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String method : List.of(
                ExecutionServiceGrpc.getExecuteMethod().getFullMethodName(),
                "neurovisor.agent.AgentService/RunAgent",
                "neurovisor.inference.InferenceService/Infer",
                "inference.InferenceService/Infer",
                "grpc.health.v1.Health/Watch",
                "grpc.reflection.v1.ServerReflection/ServerReflectionInfo")) {
            calls.add(Calls.raw(channel, method, new byte[0]));
        }
        for (String header : List.of("x-api-key", "cookie", "proxy-authorization", "x-authorization")) {
            Metadata headers = new Metadata();
            headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), "Bearer " + secret);
            calls.add(ExecutionServiceGrpc.newFutureStub(Attacker.with(channel, headers))
                    .execute(Calls.program("bash", "true")));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of("UNAUTHENTICATED/KEY_MISSING", 10));
    }

    private static void checksWithoutAKey(Attacker attacker) throws Exception {
        RawHttp2 client = attacker.own(new RawHttp2(connect(attacker)));
        for (int call = 0; call < 100; call++) {
            client.open(2 * call + 1, CHECK);
        }
        Channel another = attacker.channel();
        await().atMost(LIMIT).until(() -> Calls.end(Calls.check(another)), Calls.TOO_MANY_CALLS::equals);
        assertThat(Calls.end(Calls.check(attacker.channel(KeyHolder.HONEST)))).isEqualTo("OK");
    }

    private static void metricsWithoutAKey(Attacker attacker) throws IOException {
        String wrong = "nvk_" + "A".repeat(43);
        List<String> unauthorized = List.of(
                "",
                "Authorization: Bearer " + wrong + "\r\n",
                "Authorization: Basic "
                        + Base64.getEncoder().encodeToString(("user:" + wrong).getBytes(StandardCharsets.US_ASCII))
                        + "\r\n",
                "Authorization: Basic %%%\r\n",
                "Authorization: Bearer " + attacker.daemon().secret(KeyHolder.SCRAPING)
                        + "\r\nAuthorization: Bearer x\r\n");
        for (String path : List.of("/", "/metrics", "/status.json", "/events", "/execution/x")) {
            for (String header : unauthorized) {
                assertThat(answer(attacker, path, header)).as(path + header).startsWith("HTTP/1.1 401 ");
            }
            assertThat(answer(
                            attacker,
                            path,
                            "Authorization: Bearer " + attacker.daemon().secret(KeyHolder.ASKING) + "\r\n"))
                    .startsWith("HTTP/1.1 403 ");
        }
    }

    private static void metricsKeyGuessing(Attacker attacker) throws IOException {
        for (int count = 0; count < 100; count++) {
            String guess = "nvk_" + "%043d".formatted(count);
            String basic = Base64.getEncoder().encodeToString(("user:" + guess).getBytes(StandardCharsets.US_ASCII));
            assertThat(answer(attacker, "/metrics", "Authorization: Basic " + basic + "\r\n"))
                    .startsWith("HTTP/1.1 401 ");
        }
    }

    private static String answer(Attacker attacker, String path, String headers) throws IOException {
        try (SSLSocket socket = encryption(attacker).connect(attacker.daemon().statusPort())) {
            socket.getOutputStream().write(GET.formatted(path, headers).getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

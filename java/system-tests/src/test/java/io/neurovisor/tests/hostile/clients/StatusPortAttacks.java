package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Attacks on the HTTP port of the metrics and the status page. */
final class StatusPortAttacks {
    /** The limits of connections per address, and of event streams. */
    private static final int MOST_CONNECTIONS = 256;

    private static final int MOST_STREAMS = 32;
    private static final String GET = "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private StatusPortAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                status(
                        "silent_connections",
                        "Opens 600 connections that ask nothing.",
                        Defence.LIMITS,
                        StatusPortAttacks::silentConnections),
                status(
                        "unfinished_heads",
                        "Sends half of the head of a request on each of 100 connections.",
                        Defence.TIME,
                        StatusPortAttacks::unfinishedHeads),
                status(
                                "forged_hosts",
                                "Asks for the server of other names, as a page that rebinds its name does.",
                                Defence.HOST,
                                StatusPortAttacks::forgedHosts)
                        .inShortTier(),
                status(
                        "missing_hosts",
                        "Names no host, two hosts, and hosts that are no names.",
                        Defence.HOST,
                        StatusPortAttacks::missingHosts),
                status(
                                "event_hoarding",
                                "Opens 100 streams of events and reads none.",
                                Defence.LIMITS,
                                StatusPortAttacks::eventHoarding)
                        .inShortTier(),
                status("large_heads", "Sends heads of 1 MiB.", Defence.FORM, StatusPortAttacks::largeHeads),
                status(
                        "endless_body",
                        "Sends a body without an end to a page that needs none.",
                        Defence.FORM,
                        StatusPortAttacks::endlessBody),
                status(
                        "other_methods",
                        "Posts, deletes, and asks for a proxy.",
                        Defence.FORM,
                        StatusPortAttacks::otherMethods),
                status(
                        "other_paths",
                        "Asks for files of the host by paths that leave the page.",
                        Defence.FORM,
                        StatusPortAttacks::otherPaths),
                status(
                        "two_lengths",
                        "Hides a second request in the body of the first.",
                        Defence.PROTOCOL,
                        StatusPortAttacks::twoLengths),
                status(
                        "pipelined_requests",
                        "Sends a thousand requests on one connection without waiting.",
                        Defence.LIMITS,
                        StatusPortAttacks::pipelinedRequests),
                status(
                        "unread_metrics",
                        "Asks 60 times for the metrics and reads none.",
                        Defence.NOTHING,
                        StatusPortAttacks::unreadMetrics),
                status(
                        "metrics_flood",
                        "Asks for the metrics three hundred times.",
                        Defence.NOTHING,
                        StatusPortAttacks::metricsFlood),
                status(
                        "half_closed_requests",
                        "Ends its side of 50 connections before and after a request.",
                        Defence.PROTOCOL,
                        StatusPortAttacks::halfClosedRequests),
                status(
                        "protocol_upgrades",
                        "Asks for WebSocket and HTTP/2, and speaks HTTP/2 and garbage.",
                        Defence.PROTOCOL,
                        StatusPortAttacks::protocolUpgrades));
    }

    private static ClientAttack status(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.STATUS, name, title, stoppedBy, script);
    }

    private static void silentConnections(Attacker attacker) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int count = 0; count < 600; count++) {
            sockets.add(attacker.statusSocket());
        }
        // The oldest connections make room for the newest ones.
        for (Socket socket : sockets.subList(0, 600 - MOST_CONNECTIONS)) {
            Http2Attacks.awaitEnd(socket);
        }
    }

    private static void unfinishedHeads(Attacker attacker) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int count = 0; count < 100; count++) {
            sockets.add(attacker.statusSocket());
            send(sockets.getLast(), "GET /metrics HTTP/1.1\r\nHost: loc");
        }
        assertThat(attacker.daemon().status().get("/health")).isEqualTo("live\n");
        for (Socket socket : sockets) {
            Http2Attacks.awaitEnd(socket);
        }
    }

    private static void forgedHosts(Attacker attacker) throws Exception {
        for (String host : List.of(
                "attacker.example",
                "localhost.attacker.example",
                "attacker.example:9090",
                "127.0.0.1.attacker.example",
                "localhost.",
                "0x7f000001",
                "2130706433")) {
            for (String path : List.of("/", "/metrics", "/status.json", "/events", "/ready")) {
                assertThat(code(attacker, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(path, host)))
                        .as(host + path)
                        .isEqualTo(421);
            }
        }
    }

    private static void missingHosts(Attacker attacker) throws Exception {
        for (String hosts : List.of(
                "",
                "Host: localhost\r\nHost: attacker.example\r\n",
                "Host: \r\n",
                "Host: localhost, attacker.example\r\n",
                "Host: user@localhost\r\n",
                "Host: localhost/attacker.example\r\n",
                "Host: " + "a".repeat(4000) + "\r\n")) {
            assertThat(code(attacker, "GET /metrics HTTP/1.1\r\n" + hosts + "\r\n"))
                    .as(hosts)
                    .isEqualTo(400);
        }
    }

    private static void eventHoarding(Attacker attacker) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int count = 0; count < 100; count++) {
            sockets.add(attacker.statusSocket());
            send(sockets.getLast(), GET.formatted("/events"));
        }
        TreeMap<Integer, Integer> codes = new TreeMap<>();
        for (Socket socket : sockets) {
            codes.merge(
                    code(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII)),
                    1,
                    Integer::sum);
        }
        assertThat(codes).hasToString("{200=%d, 503=%d}".formatted(MOST_STREAMS, 100 - MOST_STREAMS));
    }

    private static void largeHeads(Attacker attacker) throws Exception {
        assertThat(code(attacker, "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(1 << 20) + "\r\n\r\n"))
                .isIn(400, CLOSED);
        assertThat(code(attacker, "GET /" + "x".repeat(1 << 20) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .isIn(400, CLOSED);
        assertThat(code(attacker, "GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n".repeat(200_000) + "\r\n"))
                .isIn(400, CLOSED);
    }

    private static void endlessBody(Attacker attacker) throws Exception {
        Socket socket = attacker.statusSocket();
        send(socket, "GET /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
        await().atMost(LIMIT).until(() -> {
            try {
                send(socket, "x".repeat(10_000));
                return false;
            } catch (SocketException closed) {
                return true;
            }
        });
    }

    private static void otherMethods(Attacker attacker) throws Exception {
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X-Y")) {
            assertThat(code(attacker, method + " /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                    .as(method)
                    .isEqualTo(405);
        }
        for (String target : List.of("http://attacker.example/", "*", "attacker.example:80")) {
            assertThat(code(attacker, GET.formatted(target))).as(target).isEqualTo(400);
        }
    }

    private static void otherPaths(Attacker attacker) throws Exception {
        for (String path : List.of(
                "/../../etc/passwd",
                "/%2e%2e/%2e%2e/etc/passwd",
                "//etc/passwd",
                "/metrics/../../etc/passwd",
                "/execution/../../etc/passwd",
                "/execution/" + "0".repeat(36),
                "/\\..\\..\\etc\\passwd",
                "/x%0d%0aX-Forged:%20y",
                "/%00")) {
            String answer = answer(attacker, GET.formatted(path));
            assertThat(code(answer)).as(path).isEqualTo(404);
            assertThat(answer).doesNotContain("root:", "X-Forged");
        }
    }

    private static void twoLengths(Attacker attacker) throws Exception {
        String hidden = GET.formatted("/status.json");
        String twice =
                "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n"
                                .formatted(hidden.length())
                        + "0\r\n\r\n" + hidden;
        String answer = answer(attacker, twice);
        assertThat(answer.split("HTTP/1.1 ", -1)).as(answer).hasSizeLessThanOrEqualTo(2);
        assertThat(answer).doesNotContain("\"pool\"");
    }

    private static void pipelinedRequests(Attacker attacker) throws Exception {
        String answer = answer(attacker, GET.formatted("/health").repeat(1000));
        assertThat(answer.split("HTTP/1.1 ", -1)).hasSizeLessThanOrEqualTo(2);
    }

    private static void unreadMetrics(Attacker attacker) throws Exception {
        for (int count = 0; count < 60; count++) {
            send(attacker.statusSocket(), GET.formatted("/metrics"));
        }
        assertThat(attacker.daemon().status().get("/health")).isEqualTo("live\n");
    }

    private static void metricsFlood(Attacker attacker) throws Exception {
        for (int count = 0; count < 300; count++) {
            try (Socket socket = attacker.statusSocket()) {
                send(socket, GET.formatted("/metrics"));
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.1 200 ")
                        .contains("neurovisor_requests_in_flight");
            }
        }
    }

    private static void halfClosedRequests(Attacker attacker) throws Exception {
        for (int count = 0; count < 25; count++) {
            Socket before = attacker.statusSocket();
            send(before, "GET /health HT");
            before.shutdownOutput();
            Http2Attacks.awaitEnd(before);
            Socket after = attacker.statusSocket();
            send(after, GET.formatted("/health"));
            after.shutdownOutput();
            assertThat(new String(after.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    private static void protocolUpgrades(Attacker attacker) throws Exception {
        for (String protocol : List.of("websocket", "h2c", "TLS/1.3")) {
            String head = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: " + protocol;
            assertThat(code(attacker, head + "\r\n\r\n")).isEqualTo(200);
        }
        assertThat(code(attacker, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).isIn(400, 405, CLOSED);
        assertThat(code(attacker, "\u0016\u0003\u0001\0d\u0001\0\0`\u0003\u0003\r\n\r\n"))
                .isIn(400, 405, CLOSED);
        assertThat(code(attacker, "\0".repeat(1000) + "\r\n\r\n")).isIn(400, 405, CLOSED);
    }

    /** Stands for a connection that is closed without a status. */
    private static final int CLOSED = -1;

    private static int code(Attacker attacker, String request) throws IOException {
        return code(answer(attacker, request));
    }

    private static int code(String answer) {
        return answer.isEmpty() ? CLOSED : Integer.parseInt(answer.substring(9, 12));
    }

    /** Returns everything that the daemon sends until it closes the connection. */
    private static String answer(Attacker attacker, String request) throws IOException {
        try (Socket socket = attacker.statusSocket()) {
            send(socket, request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException closed) {
            return "";
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

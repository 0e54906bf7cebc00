package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Channel;
import io.grpc.Status;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.testkit.RawHttp2;
import io.neurovisor.tests.fixtures.IdleConnections;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Attacks of clients that send or read slowly, stop in the middle or disconnect. */
final class SlowAttacks {
    private static final String CHECK = "grpc.health.v1.Health/Check";
    private static final String EXECUTE = "neurovisor.execution.ExecutionService/Execute";
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final ExecuteRequest ENDLESS_OUTPUT = Calls.program("bash", "yes");
    private static final ExecuteRequest ENDLESS = Calls.program("bash", "echo begun; sleep 1000").toBuilder()
            .setTimeoutSecs(3000)
            .build();

    private SlowAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                slow(
                        "dribbled_connections",
                        "Sends a byte a second on each of 100 connections.",
                        Defence.NOTHING,
                        SlowAttacks::dribbledConnections),
                slow(
                                "calls_without_a_message",
                                "Opens 600 calls and sends no message of any.",
                                Defence.LIMITS,
                                SlowAttacks::callsWithoutAMessage)
                        .inShortTier(),
                slow(
                        "stalled_messages",
                        "Sends a quarter of the message of each of 90 calls.",
                        Defence.NOTHING,
                        SlowAttacks::stalledMessages),
                slow(
                                "unread_output",
                                "Reads nothing of a program that prints without an end.",
                                Defence.TIME,
                                SlowAttacks::unreadOutput)
                        .inShortTier(),
                slow(
                        "unread_answers",
                        "Reads nothing of ten answers of 3 MiB.",
                        Defence.TIME,
                        SlowAttacks::unreadAnswers),
                slow(
                        "closed_windows",
                        "Asks two hundred times for an answer and allows none to be sent.",
                        Defence.TIME,
                        SlowAttacks::closedWindows),
                slow(
                                "cut_connection",
                                "Resets the connection while its program runs.",
                                Defence.NOTHING,
                                SlowAttacks::cutConnection)
                        .inShortTier(),
                slow(
                        "half_closed_connections",
                        "Begins HTTP/2 on 50 connections and ends its side of each.",
                        Defence.PROTOCOL,
                        SlowAttacks::halfClosedConnections),
                slow(
                        "expired_deadlines",
                        "Has three programs run whose deadlines pass.",
                        Defence.TIME,
                        SlowAttacks::expiredDeadlines));
    }

    private static ClientAttack slow(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.SLOW, name, title, stoppedBy, script);
    }

    private static void dribbledConnections(Attacker attacker) throws IOException {
        IdleConnections connections = attacker.idleConnections();
        connections.openDribbling(100);
        assertThat(connections.open()).isEqualTo(100);
    }

    private static void callsWithoutAMessage(Attacker attacker) throws Exception {
        for (int connection = 0; connection < 3; connection++) {
            RawHttp2 client = attacker.http2();
            for (int call = 0; call < 200; call++) {
                client.open(2 * call + 1, CHECK);
            }
        }
        Channel another = attacker.channel();
        await().atMost(LIMIT).until(() -> Calls.end(Calls.check(another)), Calls.TOO_MANY_CALLS::equals);
    }

    private static void stalledMessages(Attacker attacker) throws Exception {
        byte[] quarter =
                ByteBuffer.allocate(16_000).put((byte) 0).putInt(60_000).array();
        byte[] head = RawHttp2.head(
                EXECUTE, Map.of("authorization", "Bearer " + attacker.daemon().secret(KeyHolder.GREEDY)));
        for (int connection = 0; connection < 3; connection++) {
            RawHttp2 client = attacker.http2();
            for (int call = 0; call < 30; call++) {
                client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * call + 1, head);
                client.frame(RawHttp2.DATA, 0, 2 * call + 1, quarter);
            }
        }
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, calls -> calls == 90);
    }

    private static void unreadOutput(Attacker attacker) throws Exception {
        UnreadCall<?, ?> call = UnreadCall.begin(
                attacker.channel(KeyHolder.GREEDY),
                ExecutionServiceGrpc.getExecuteStreamMethod(),
                ENDLESS_OUTPUT.toBuilder().setTimeoutSecs(3000).build());
        attacker.daemon().awaitPool(pool -> pool.active() == 1);
        attacker.daemon().awaitUnused();
        assertThat(call.end()).isEqualTo(Status.Code.CANCELLED);
    }

    private static void unreadAnswers(Attacker attacker) throws Exception {
        String threeMebibytes = "head -c 1500000 /dev/zero | tr '\\0' x; head -c 1500000 /dev/zero | tr '\\0' x >&2";
        List<UnreadCall<ExecuteRequest, ExecuteResponse>> calls = new ArrayList<>();
        ExecuteRequest request = Calls.program("bash", threeMebibytes).toBuilder()
                .setIdempotencyKey("unread-" + System.nanoTime())
                .build();
        long before = unreadCalls(attacker);
        for (int count = 0; count < 10; count++) {
            // One answer for all calls.
            calls.add(UnreadCall.begin(
                    attacker.channel(KeyHolder.GREEDY), ExecutionServiceGrpc.getExecuteMethod(), request));
        }
        await().atMost(LIMIT).until(() -> unreadCalls(attacker) - before == 10);
        for (UnreadCall<ExecuteRequest, ExecuteResponse> call : calls) {
            assertThat(call.end()).isEqualTo(Status.Code.CANCELLED);
        }
    }

    /** Returns the number of calls that the daemon has cancelled because their clients read nothing. */
    private static long unreadCalls(Attacker attacker) {
        return attacker.daemon().messages().stream()
                .filter(line -> line.contains("its client had read nothing for"))
                .count();
    }

    private static void closedWindows(Attacker attacker) throws Exception {
        RawHttp2 client = attacker.http2();
        byte[] initialWindowOfNothing = {0, 4, 0, 0, 0, 0};
        client.frame(RawHttp2.SETTINGS, 0, 0, initialWindowOfNothing);
        for (int call = 0; call < 200; call++) {
            client.open(2 * call + 1, CHECK);
            client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 2 * call + 1, new byte[5]);
        }
        client.awaitEndOfStream(399);
    }

    private static void cutConnection(Attacker attacker) throws Exception {
        Socket socket = attacker.socket();
        RawHttp2 client = attacker.own(new RawHttp2(socket));
        String secret = attacker.daemon().secret(KeyHolder.GREEDY);
        client.frame(
                RawHttp2.HEADERS,
                RawHttp2.END_HEADERS,
                1,
                RawHttp2.head(EXECUTE, Map.of("authorization", "Bearer " + secret)));
        byte[] message = ENDLESS.toByteArray();
        client.frame(
                RawHttp2.DATA,
                RawHttp2.END_STREAM,
                1,
                ByteBuffer.allocate(5 + message.length)
                        .put((byte) 0)
                        .putInt(message.length)
                        .put(message)
                        .array());
        attacker.daemon().awaitPool(pool -> pool.active() == 1);
        socket.setSoLinger(true, 0);
        socket.close();
        attacker.daemon().awaitUnused();
    }

    private static void halfClosedConnections(Attacker attacker) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int count = 0; count < 50; count++) {
            Socket socket = attacker.socket();
            RawHttp2 client = attacker.own(new RawHttp2(socket));
            client.open(1, CHECK);
            socket.shutdownOutput();
            sockets.add(socket);
        }
        for (Socket socket : sockets) {
            Http2Attacks.awaitEnd(socket);
        }
    }

    private static void expiredDeadlines(Attacker attacker) throws Exception {
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 3; count++) {
            calls.add(ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY))
                    .withDeadlineAfter(2, TimeUnit.SECONDS)
                    .execute(ENDLESS));
        }
        assertThat(Calls.ends(calls).keySet())
                .allMatch(end -> end.matches("DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED/TENANT_LIMIT"))
                .contains("DEADLINE_EXCEEDED");
        attacker.daemon().awaitUnused();
    }
}

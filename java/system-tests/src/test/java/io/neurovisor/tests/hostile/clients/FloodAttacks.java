package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Channel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.fixtures.IdleConnections;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Attacks with excessive numbers of connections, calls and programs. */
final class FloodAttacks {
    /** The limit of connections per address. */
    private static final int MOST_CONNECTIONS = 1000;

    /** Additional connections that may be closing at the same time. */
    private static final int MOST_CLOSING = 64;

    /** The limits of concurrent calls for callers without a key, and for one key. */
    private static final int MOST_KEYLESS_CALLS = 512;

    private static final int MOST_CALLS_OF_A_KEY = 256;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private FloodAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                flood(
                                "silent_connections",
                                "Opens 1200 connections that say nothing.",
                                Defence.LIMITS,
                                FloodAttacks::silentConnections)
                        .inShortTier(),
                flood(
                        "connection_storm",
                        "Opens 3000 connections as fast as it can.",
                        Defence.LIMITS,
                        FloodAttacks::connectionStorm),
                flood(
                        "begun_connections",
                        "Opens 1200 connections that begin HTTP/2 and make no call.",
                        Defence.LIMITS,
                        FloodAttacks::begunConnections),
                flood(
                        "connections_that_reset",
                        "Opens 1500 connections, each of which is reset immediately.",
                        Defence.NOTHING,
                        FloodAttacks::connectionsThatReset),
                flood(
                                "watches",
                                "Watches health a thousand times without a key.",
                                Defence.LIMITS,
                                FloodAttacks::watches)
                        .inShortTier(),
                flood(
                        "watches_of_a_key",
                        "Watches health three hundred times with one key, on two connections.",
                        Defence.LIMITS,
                        FloodAttacks::watchesOfAKey),
                flood(
                        "reflection_streams",
                        "Opens 600 streams of reflection and asks nothing.",
                        Defence.LIMITS,
                        FloodAttacks::reflectionStreams),
                flood(
                        "health_checks",
                        "Checks health three thousand times on one connection.",
                        Defence.NOTHING,
                        FloodAttacks::healthChecks),
                flood(
                        "calls_on_new_connections",
                        "Makes 200 calls, each on a connection of its own.",
                        Defence.NOTHING,
                        FloodAttacks::callsOnNewConnections),
                flood(
                        "unknown_methods",
                        "Calls a thousand methods that do not exist.",
                        Defence.KEYS,
                        FloodAttacks::unknownMethods),
                flood(
                                "machine_hoarding",
                                "Has sixty programs run that do not end, with a key that may have one machine.",
                                Defence.SHARES,
                                FloodAttacks::machineHoarding)
                        .inShortTier(),
                flood(
                        "cancelled_programs",
                        "Asks for eighty programs and cancels each call immediately.",
                        Defence.SHARES,
                        FloodAttacks::cancelledPrograms),
                flood(
                        "large_requests",
                        "Sends eight requests of 70 MiB at the same time.",
                        Defence.MEMORY,
                        FloodAttacks::largeRequests));
    }

    private static ClientAttack flood(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.FLOODS, name, title, stoppedBy, script);
    }

    private static void silentConnections(Attacker attacker) throws Exception {
        IdleConnections connections = attacker.idleConnections();
        connections.openSilent(MOST_CONNECTIONS + 200);
        await().atMost(LIMIT).until(() -> connections.open() <= MOST_CONNECTIONS + MOST_CLOSING);
    }

    private static void connectionStorm(Attacker attacker) throws Exception {
        IdleConnections connections = attacker.idleConnections();
        long before = attacker.daemon().descriptors();
        for (int count = 0; count < 30; count++) {
            connections.openHttp2(100);
            // A selector holds the descriptors of closing connections for a moment.
            assertThat(attacker.daemon().descriptors() - before).isLessThan(MOST_CONNECTIONS + 500);
        }
    }

    private static void begunConnections(Attacker attacker) throws Exception {
        IdleConnections connections = attacker.idleConnections();
        connections.openHttp2(MOST_CONNECTIONS + 200);
        await().atMost(LIMIT).until(() -> connections.open() <= MOST_CONNECTIONS + MOST_CLOSING);
    }

    private static void connectionsThatReset(Attacker attacker) throws Exception {
        for (int count = 0; count < 1500; count++) {
            try (Socket socket = attacker.unownedSocket()) {
                socket.setSoLinger(true, 0);
            }
        }
        assertThat(Calls.end(Calls.check(attacker.channel()))).isEqualTo("OK");
    }

    private static void watches(Attacker attacker) {
        CountedStreams<HealthCheckResponse> watches = new CountedStreams<>();
        for (int connection = 0; connection < 4; connection++) {
            watch(attacker.channel(), 250, watches);
        }
        watches.awaitCounts(MOST_KEYLESS_CALLS, Map.of(Calls.TOO_MANY_CALLS, 1000 - MOST_KEYLESS_CALLS));
    }

    private static void watchesOfAKey(Attacker attacker) {
        CountedStreams<HealthCheckResponse> watches = new CountedStreams<>();
        for (int connection = 0; connection < 2; connection++) {
            watch(attacker.channel(KeyHolder.ASKING), 150, watches);
        }
        watches.awaitCounts(MOST_CALLS_OF_A_KEY, Map.of(Calls.TOO_MANY_CALLS, 300 - MOST_CALLS_OF_A_KEY));
    }

    private static void watch(Channel channel, int count, StreamObserver<HealthCheckResponse> watches) {
        HealthGrpc.HealthStub stub = HealthGrpc.newStub(channel);
        for (int number = 0; number < count; number++) {
            stub.watch(HealthCheckRequest.getDefaultInstance(), watches);
        }
    }

    private static void reflectionStreams(Attacker attacker) {
        CountedStreams<ServerReflectionResponse> streams = new CountedStreams<>();
        for (int connection = 0; connection < 3; connection++) {
            ServerReflectionGrpc.ServerReflectionStub stub = ServerReflectionGrpc.newStub(attacker.channel());
            for (int number = 0; number < 200; number++) {
                StreamObserver<ServerReflectionRequest> _ = stub.serverReflectionInfo(streams);
            }
        }
        streams.awaitCounts(0, Map.of(Calls.TOO_MANY_CALLS, 600 - MOST_KEYLESS_CALLS));
    }

    private static void healthChecks(Attacker attacker) throws Exception {
        Channel channel = attacker.channel();
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 3000; count++) {
            calls.add(Calls.check(channel));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of("OK", 3000));
    }

    private static void callsOnNewConnections(Attacker attacker) throws Exception {
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 200; count++) {
            calls.add(Calls.check(attacker.channel()));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of("OK", 200));
    }

    private static void unknownMethods(Attacker attacker) throws Exception {
        Channel channel = attacker.channel();
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 1000; count++) {
            calls.add(Calls.raw(channel, "neurovisor.none.Service" + count + "/Method", new byte[100]));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of("UNIMPLEMENTED", 1000));
    }

    private static void machineHoarding(Attacker attacker) throws Exception {
        ExecuteRequest endless = Calls.program("bash", "sleep 1000").toBuilder()
                .setTimeoutSecs(3000)
                .build();
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 60; count++) {
            calls.add(client.execute(endless));
        }
        // One runs and two wait; the first call may be one of the waiting ones.
        await().atMost(LIMIT)
                .until(() -> calls.stream().filter(ListenableFuture::isDone).count() >= 57);
        attacker.daemon().awaitPool(pool -> pool.active() == 1);
        List<ListenableFuture<?>> ended =
                calls.stream().filter(ListenableFuture::isDone).toList();
        assertThat(Calls.ends(ended)).isEqualTo(Map.of("RESOURCE_EXHAUSTED/TENANT_LIMIT", ended.size()));
        assertThat(ended).hasSizeBetween(57, 59);
    }

    private static void cancelledPrograms(Attacker attacker) {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        for (int count = 0; count < 80; count++) {
            assertThat(client.execute(Calls.program("bash", "sleep 1000")).cancel(true))
                    .isTrue();
        }
        attacker.daemon().awaitUnused();
    }

    private static void largeRequests(Attacker attacker) throws Exception {
        ExecuteRequest large = Calls.program("bash", "wc -c").toBuilder()
                .setStdin(UnsafeByteOperations.unsafeWrap(new byte[70 << 20]))
                .build();
        ExecutionServiceGrpc.ExecutionServiceFutureStub client = ExecutionServiceGrpc.newFutureStub(attacker.channel());
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 8; count++) {
            calls.add(client.execute(large));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.matches("INVALID_ARGUMENT.*|RESOURCE_EXHAUSTED.*"));
    }

    /** Counts the messages and the results of several streams. */
    private static final class CountedStreams<A> implements StreamObserver<A> {
        private final AtomicInteger messages = new AtomicInteger();
        private final Map<String, Integer> ends = new ConcurrentHashMap<>();

        /** Waits for the given numbers of messages and results. */
        void awaitCounts(int expectedMessages, Map<String, Integer> expectedEnds) {
            await().atMost(LIMIT)
                    .until(
                            () -> "%d messages, ends %s".formatted(messages.get(), new TreeMap<>(ends)),
                            "%d messages, ends %s".formatted(expectedMessages, new TreeMap<>(expectedEnds))::equals);
        }

        @Override
        public void onNext(A message) {
            messages.incrementAndGet();
        }

        @Override
        public void onError(Throwable failure) {
            ends.merge(Calls.end(failure), 1, Integer::sum);
        }

        @Override
        public void onCompleted() {
            ends.merge("OK", 1, Integer::sum);
        }
    }
}

package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.testkit.RecordingSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A client with a key and a client at the Unix socket that each run a small program on a new connection. */
final class HonestClients {
    /** A busy host may delay one program, but not three in a row. */
    private static final int ATTEMPTS = 3;

    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final String CODE = "echo $((6*7))";

    private final AttackedDaemon daemon;
    private final Duration limit;

    /** The response times of an honest client with a key and of one at the Unix socket. */
    record Times(Duration withKey, Duration atSocket) {
        Times {
            requireNonNull(withKey, "withKey is null");
            requireNonNull(atSocket, "atSocket is null");
        }

        Duration longer() {
            return withKey.compareTo(atSocket) > 0 ? withKey : atSocket;
        }

        /** Returns which clients were not served within the limit; empty if both were. */
        List<String> objections(Duration limit) {
            List<String> objections = new ArrayList<>();
            object(objections, "with a key", withKey, limit);
            object(objections, "at the Unix socket", atSocket, limit);
            return objections;
        }

        private static void object(List<String> objections, String client, Duration time, Duration limit) {
            if (time.compareTo(limit) > 0) {
                objections.add("the honest client " + client + " was served after " + time.toMillis() + " ms, limit "
                        + limit.toMillis() + " ms");
            }
        }

        @Override
        public String toString() {
            return withKey.toMillis() + " ms with a key, " + atSocket.toMillis() + " ms at the Unix socket";
        }
    }

    /** @param limit within which they are to be served */
    HonestClients(AttackedDaemon daemon, Duration limit) {
        this.daemon = daemon;
        this.limit = limit;
    }

    /** Runs programs until each client has been served in time once, at most three times, on warm machines. */
    Times serve() {
        return new Times(inTime(this::withKey), inTime(this::atSocket));
    }

    private Duration inTime(Supplier<Duration> client) {
        Duration shortest = LONGEST;
        for (int attempt = 0; attempt < ATTEMPTS && shortest.compareTo(limit) > 0; attempt++) {
            daemon.awaitWarm(1);
            Duration time = client.get();
            shortest = time.compareTo(shortest) < 0 ? time : shortest;
        }
        return shortest;
    }

    private Duration withKey() {
        long began = System.nanoTime();
        ManagedChannel channel = daemon.connect();
        try {
            String stdout = ExecutionServiceGrpc.newBlockingStub(
                            Attacker.bearing(channel, "Bearer " + daemon.secret(KeyHolder.HONEST)))
                    .withDeadlineAfter(LONGEST.toSeconds(), TimeUnit.SECONDS)
                    .execute(Calls.program("bash", CODE))
                    .getStdout();
            Duration time = Duration.ofNanos(System.nanoTime() - began);
            assertThat(stdout).isEqualTo("42\n");
            return time;
        } finally {
            channel.shutdownNow();
        }
    }

    private Duration atSocket() {
        long began = System.nanoTime();
        RecordingSink sink = new RecordingSink();
        try (DaemonClient client = DaemonClient.connect(daemon.socket())) {
            ExecutionRequest request = new ExecutionRequest(
                    new TraceId(UUID.randomUUID()), new Program(Language.BASH, CODE), LONGEST, SandboxSize.MEDIUM);
            DaemonResult _ = client.execute(request, sink);
            Duration time = Duration.ofNanos(System.nanoTime() - began);
            assertThat(sink.stdoutText()).isEqualTo("42\n");
            return time;
        }
    }
}

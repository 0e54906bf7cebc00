package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Attacks with idempotency keys and trace ids that are reused, stolen or malformed. */
final class ReplayAttacks {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private ReplayAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                replay(
                                "one_key_thirty_calls",
                                "Asks thirty times at the same time for one execution.",
                                Defence.NOTHING,
                                ReplayAttacks::oneKeyThirtyCalls)
                        .inShortTier(),
                replay(
                        "one_key_two_programs",
                        "Uses the key of an execution for another program.",
                        Defence.FORM,
                        ReplayAttacks::oneKeyTwoPrograms),
                replay(
                        "key_of_another_client",
                        "Asks for the answer that another client's key names.",
                        Defence.OWNERS,
                        ReplayAttacks::keyOfAnotherClient),
                replay(
                        "malformed_keys",
                        "Names executions by keys that are too long or not printable.",
                        Defence.FORM,
                        ReplayAttacks::malformedKeys),
                replay(
                        "unread_replays",
                        "Asks twenty times for a kept answer of 4 MiB and reads none.",
                        Defence.TIME,
                        ReplayAttacks::unreadReplays),
                replay(
                        "forged_traces",
                        "Gives every call the trace of one, and trace ids that no trace has.",
                        Defence.NOTHING,
                        ReplayAttacks::forgedTraces),
                replay(
                        "forged_log_lines",
                        "Puts line ends and JSON into every text that is logged.",
                        Defence.FORM,
                        ReplayAttacks::forgedLogLines));
    }

    private static ClientAttack replay(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.REPLAYS, name, title, stoppedBy, script);
    }

    private static ExecuteRequest named(String code) {
        return Calls.program("bash", code).toBuilder()
                .setIdempotencyKey("attack-" + System.nanoTime())
                .build();
    }

    private static void oneKeyThirtyCalls(Attacker attacker) throws Exception {
        ExecuteRequest request = named("echo $RANDOM$RANDOM$RANDOM");
        List<ListenableFuture<ExecuteResponse>> calls = new ArrayList<>();
        for (int connection = 0; connection < 3; connection++) {
            ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                    ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
            for (int count = 0; count < 10; count++) {
                calls.add(client.execute(request));
            }
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of("OK", 30));
        Set<ExecuteResponse> answers = new HashSet<>();
        for (ListenableFuture<ExecuteResponse> call : calls) {
            answers.add(call.get());
        }
        assertThat(answers).hasSize(1);
    }

    private static void oneKeyTwoPrograms(Attacker attacker) throws Exception {
        ExecuteRequest request = named("echo first");
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        assertThat(Calls.end(client.execute(request))).isEqualTo("OK");
        assertThat(Calls.end(client.execute(
                        request.toBuilder().setCode("echo second").build())))
                .startsWith("INVALID_ARGUMENT");
    }

    private static void keyOfAnotherClient(Attacker attacker) throws Exception {
        ExecuteRequest request = named("echo $RANDOM$RANDOM$RANDOM");
        ExecuteResponse own = ExecutionServiceGrpc.newBlockingStub(attacker.channel(KeyHolder.HONEST))
                .execute(request);
        ExecuteResponse others = ExecutionServiceGrpc.newBlockingStub(attacker.channel(KeyHolder.GREEDY))
                .execute(request);
        assertThat(others.getStdout()).isNotEqualTo(own.getStdout());
        assertThat(others.getTraceId()).isNotEqualTo(own.getTraceId());
    }

    private static void malformedKeys(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String key : List.of("x".repeat(129), "x".repeat(100_000), " ", "a b", "a\nb", "\0", "ä", "\u202e")) {
            calls.add(client.execute(Calls.program("bash", "1").toBuilder()
                    .setIdempotencyKey(key)
                    .build()));
        }
        assertThat(Calls.ends(calls).keySet()).allMatch(end -> end.startsWith("INVALID_ARGUMENT"));
    }

    private static void unreadReplays(Attacker attacker) throws Exception {
        ExecuteRequest request = named("head -c 4000000 /dev/zero | tr '\\0' x");
        ExecutionServiceGrpc.newBlockingStub(attacker.channel(KeyHolder.GREEDY))
                .executeStream(request)
                .forEachRemaining(_ -> {});
        List<UnreadCall<ExecuteRequest, ExecuteChunk>> calls = new ArrayList<>();
        for (int count = 0; count < 20; count++) {
            calls.add(UnreadCall.begin(
                    attacker.channel(KeyHolder.GREEDY), ExecutionServiceGrpc.getExecuteStreamMethod(), request));
        }
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 20);
        await().atMost(LIMIT).until(attacker.daemon().status()::callsInFlight, open -> open == 0);
        for (UnreadCall<ExecuteRequest, ExecuteChunk> call : calls) {
            assertThat(call.end()).isEqualTo(Status.Code.CANCELLED);
        }
    }

    private static void forgedTraces(Attacker attacker) throws Exception {
        Channel channel = attacker.channel();
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String traceparent : List.of(
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-0000000000000000-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-" + "0".repeat(8000),
                "",
                "\\u0000")) {
            for (String id : List.of("0af7651916cd43dd8448eb211c80319c", "' OR 1=1 --", "x".repeat(4000), "")) {
                Metadata headers = new Metadata();
                headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), traceparent);
                headers.put(Metadata.Key.of("x-trace-id", Metadata.ASCII_STRING_MARSHALLER), id);
                calls.add(HealthGrpc.newFutureStub(Attacker.with(channel, headers))
                        .check(HealthCheckRequest.getDefaultInstance()));
            }
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of("OK", 24));
    }

    private static void forgedLogLines(Attacker attacker) throws Exception {
        String forged = "x\"}\n{\"time\":\"2000-01-01T00:00:00Z\",\"event\":\"forged-by-a-client\"}\r\n\u001b[2J";
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.GREEDY));
        ExecuteRequest usual = Calls.program("bash", "true");
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (ExecuteRequest request : List.of(
                usual.toBuilder().setLanguage(forged).build(),
                usual.toBuilder().setSize(forged).build(),
                usual.toBuilder().setImage(forged).build(),
                usual.toBuilder().setIdempotencyKey(forged).build(),
                usual.toBuilder().putEnv(forged, forged).build())) {
            calls.add(client.execute(request));
        }
        // A variable may have such a name; it is not logged.
        assertThat(Calls.ends(calls).keySet())
                .allMatch(end -> end.matches("INVALID_ARGUMENT.*|NOT_FOUND/IMAGE_UNKNOWN|OK"));
        assertThat(Files.readAllLines(attacker.daemon().data().resolve("audit/audit.jsonl")))
                .allMatch(line -> line.startsWith("{\"time\"") && line.endsWith("}"))
                .noneMatch(line -> line.startsWith("{\"time\":\"2000"));
        assertThat(attacker.daemon().messages()).noneMatch(line -> line.startsWith("{\"time\":\"2000"));
    }
}

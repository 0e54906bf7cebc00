package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Channel;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.tests.hostile.clients.ClientAttack.Defence;
import io.neurovisor.tests.hostile.clients.ClientAttack.Group;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Attacks with guessed, altered or revoked keys, and with keys beyond their scopes. */
final class KeyAttacks {
    private static final String KEY_INVALID = "UNAUTHENTICATED/KEY_INVALID";
    private static final String SCOPE_MISSING = "PERMISSION_DENIED/SCOPE_MISSING";
    private static final ExecuteRequest UNKNOWN_LANGUAGE = Calls.program("cobol", "1");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private KeyAttacks() {}

    static List<ClientAttack> all() {
        return List.of(
                keys(
                                "guessed_keys",
                                "Tries two thousand random keys of the right form.",
                                Defence.KEYS,
                                KeyAttacks::guessedKeys)
                        .inShortTier(),
                keys(
                        "altered_keys",
                        "Tries a valid key with each of its characters changed.",
                        Defence.KEYS,
                        KeyAttacks::alteredKeys),
                keys(
                        "malformed_keys",
                        "Sends the header of a key in twenty wrong forms, and twice.",
                        Defence.KEYS,
                        KeyAttacks::malformedKeys),
                keys(
                        "wrong_key_at_the_socket",
                        "Shows a wrong key at the Unix socket, where none is needed.",
                        Defence.KEYS,
                        KeyAttacks::wrongKeyAtTheSocket),
                keys("revoked_key", "Uses a key that has been revoked.", Defence.KEYS, KeyAttacks::revokedKey),
                keys(
                        "missing_scopes",
                        "Calls each service with a key that does not open it.",
                        Defence.KEYS,
                        KeyAttacks::missingScopes),
                keys(
                                "quota_race",
                                "Asks for thirty programs at the same time with a key that may run one a day.",
                                Defence.SHARES,
                                KeyAttacks::quotaRace)
                        .inShortTier(),
                keys(
                        "rate_race",
                        "Makes five hundred calls at the same time with a key that may make five.",
                        Defence.SHARES,
                        KeyAttacks::rateRace));
    }

    private static ClientAttack keys(String name, String title, Defence stoppedBy, ClientAttack.Script script) {
        return new ClientAttack(Group.KEYS, name, title, stoppedBy, script);
    }

    private static void guessedKeys(Attacker attacker) throws Exception {
        Channel channel = attacker.channel();
        Random random = new Random(1);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int count = 0; count < 2000; count++) {
            byte[] secret = new byte[32];
            random.nextBytes(secret);
            calls.add(execute(
                    channel,
                    "Bearer nvk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret)));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of(KEY_INVALID, 2000));
    }

    private static void alteredKeys(Attacker attacker) throws Exception {
        Channel channel = attacker.channel();
        String valid = attacker.daemon().secret(KeyHolder.HONEST);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int at = 0; at < valid.length(); at++) {
            char other = valid.charAt(at) == 'A' ? 'B' : 'A';
            calls.add(execute(channel, "Bearer " + valid.substring(0, at) + other + valid.substring(at + 1)));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of(KEY_INVALID, valid.length()));
    }

    private static void malformedKeys(Attacker attacker) throws Exception {
        Channel channel = attacker.channel();
        String valid = attacker.daemon().secret(KeyHolder.HONEST);
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (String value : List.of(
                "",
                "Bearer",
                "Bearer ",
                "Bearer nvk_",
                "Bearer " + valid + "A",
                "Bearer " + valid.substring(1),
                "Bearer " + valid + " " + valid,
                "Bearer " + valid + "," + valid,
                "Bearer \"" + valid + "\"",
                "Bearer nvk_" + "/".repeat(43),
                "Bearer nvk_" + "%00".repeat(14) + "A",
                "Bearer ' OR 1=1 --",
                "Bearer " + "A".repeat(10_000),
                "Bearer" + valid,
                "Basic " + Base64.getEncoder().encodeToString(("user:" + valid).getBytes(StandardCharsets.US_ASCII)),
                "Digest username=\"" + valid + "\"",
                "Token " + valid,
                valid,
                "nvk_",
                "*")) {
            calls.add(execute(channel, value));
        }
        calls.add(execute(channel, "Bearer " + valid, "Bearer " + valid));
        assertThat(Calls.ends(calls)).isEqualTo(Map.of(KEY_INVALID, 21));
    }

    private static void wrongKeyAtTheSocket(Attacker attacker) throws Exception {
        assertThat(Calls.end(execute(attacker.channelToSocket(), "Bearer nvk_" + "A".repeat(43))))
                .isEqualTo(KEY_INVALID);
    }

    private static void revokedKey(Attacker attacker) throws Exception {
        ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.DISMISSED));
        assertThat(Calls.end(client.execute(UNKNOWN_LANGUAGE))).startsWith("INVALID_ARGUMENT");
        try (ApiKeys keys = ApiKeys.open(attacker.daemon().data().resolve("access"), InstantSource.system())) {
            keys.revoke(KeyHolder.DISMISSED.keyName());
        }
        await().atMost(LIMIT).until(() -> Calls.end(client.execute(UNKNOWN_LANGUAGE)), KEY_INVALID::equals);
    }

    private static void missingScopes(Attacker attacker) throws Exception {
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (KeyHolder holder : List.of(KeyHolder.ASKING, KeyHolder.SCRAPING)) {
            calls.add(
                    ExecutionServiceGrpc.newFutureStub(attacker.channel(holder)).execute(UNKNOWN_LANGUAGE));
        }
        for (KeyHolder holder : List.of(KeyHolder.HONEST, KeyHolder.SCRAPING)) {
            calls.add(InferenceServiceGrpc.newFutureStub(attacker.channel(holder))
                    .infer(InferenceRequest.newBuilder().setPrompt("Hello").build()));
        }
        for (KeyHolder holder : List.of(KeyHolder.HONEST, KeyHolder.ASKING, KeyHolder.SCRAPING)) {
            calls.add(Calls.raw(
                    attacker.channel(holder),
                    AgentServiceGrpc.getRunAgentMethod().getFullMethodName(),
                    RunAgentRequest.newBuilder().setTask("Hello").build().toByteArray()));
        }
        assertThat(Calls.ends(calls)).isEqualTo(Map.of(SCOPE_MISSING, 7));
    }

    private static void quotaRace(Attacker attacker) throws Exception {
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int connection = 0; connection < 3; connection++) {
            ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                    ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.POOR));
            for (int count = 0; count < 10; count++) {
                calls.add(client.execute(Calls.program("bash", "echo 42")));
            }
        }
        Map<String, Integer> ends = Calls.ends(calls);
        assertThat(ends).containsOnlyKeys("OK", "RESOURCE_EXHAUSTED/QUOTA_EXCEEDED");
        // Two if a new UTC day has begun.
        assertThat(ends.get("OK")).isIn(1, 2);
    }

    private static void rateRace(Attacker attacker) throws Exception {
        long began = System.nanoTime();
        List<ListenableFuture<?>> calls = new ArrayList<>();
        for (int connection = 0; connection < 5; connection++) {
            ExecutionServiceGrpc.ExecutionServiceFutureStub client =
                    ExecutionServiceGrpc.newFutureStub(attacker.channel(KeyHolder.HASTY));
            for (int count = 0; count < 100; count++) {
                calls.add(client.execute(UNKNOWN_LANGUAGE));
            }
        }
        Map<String, Integer> ends = Calls.ends(calls);
        long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds() + 1;
        int limited = ends.getOrDefault("RESOURCE_EXHAUSTED/RATE_LIMITED", 0);
        assertThat(500 - limited).as(ends.toString()).isBetween(1, Math.toIntExact(5 + seconds));
    }

    private static ListenableFuture<?> execute(Channel channel, String... authorization) {
        return ExecutionServiceGrpc.newFutureStub(Attacker.bearing(channel, authorization))
                .execute(UNKNOWN_LANGUAGE);
    }
}

package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;

import io.grpc.Channel;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceResponse;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A warmed-up daemon, with all files, threads and tables that it creates on first use.
 *
 * @param before its resources when idle, before any attack
 * @param limit the time within which honest clients are to be served during an attack
 */
record RehearsedDaemon(AttackedDaemon daemon, boolean isEncrypted, DaemonNumbers before, Duration limit) {
    private static final int ROUNDS = 2;
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** The limit in usual times where that is more than a second, as on a small host that emulates its machines. */
    private static final int TIMES_USUAL = 3;

    RehearsedDaemon {
        requireNonNull(daemon, "daemon is null");
        requireNonNull(before, "before is null");
        requireNonNull(limit, "limit is null");
    }

    static RehearsedDaemon start(Path directory, boolean isEncrypted) throws Exception {
        AttackedDaemon daemon = isEncrypted ? AttackedDaemon.encrypted(directory) : AttackedDaemon.open(directory);
        boolean rehearsed = false;
        try {
            daemon.awaitRest();
            HonestClients honest = new HonestClients(daemon, SECOND);
            Duration limit = SECOND;
            for (int round = 1; round <= ROUNDS; round++) {
                HonestClients.Times usual = honest.serve();
                System.out.printf("hostile clients: without an attack: %s%n", usual);
                limit = limit(usual);
                rehearse(daemon, round);
                daemon.awaitRest();
            }
            DaemonNumbers before = daemon.numbers();
            System.out.printf("hostile clients: before: %s%n", before);
            rehearsed = true;
            return new RehearsedDaemon(daemon, isEncrypted, before, limit);
        } finally {
            if (!rehearsed) {
                daemon.close();
            }
        }
    }

    /** Returns a second, or three times the usual time where that is longer. */
    static Duration limit(HonestClients.Times usual) {
        Duration multiple = usual.longer().multipliedBy(TIMES_USUAL);
        return multiple.compareTo(SECOND) > 0 ? multiple : SECOND;
    }

    HonestClients.Times serveHonestClients() {
        return new HonestClients(daemon, limit).serve();
    }

    private static void rehearse(AttackedDaemon daemon, int round) throws Exception {
        try (Attacker client = new Attacker(daemon)) {
            Channel channel = client.channel(KeyHolder.GREEDY);
            ExecuteResponse _ = ExecutionServiceGrpc.newBlockingStub(channel)
                    .execute(Calls.program("bash", "true").toBuilder()
                            .setIdempotencyKey("rehearsal-" + round)
                            .build());
            AgentServiceGrpc.newBlockingStub(channel)
                    .runAgent(RunAgentRequest.newBuilder()
                            .setTask("Say hello")
                            .setModel(HostileModels.BRIEF)
                            .build())
                    .forEachRemaining(_ -> {});
            InferenceResponse _ = InferenceServiceGrpc.newBlockingStub(channel)
                    .infer(InferenceRequest.newBuilder()
                            .setPrompt("Hello")
                            .setModel(HostileModels.BRIEF)
                            .build());
        }
    }
}

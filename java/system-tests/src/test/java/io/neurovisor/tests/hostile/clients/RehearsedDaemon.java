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

/**
 * A warmed-up daemon, with all files, threads and tables that it creates on first use.
 *
 * @param before its resources when idle, before any attack
 */
record RehearsedDaemon(AttackedDaemon daemon, boolean isEncrypted, DaemonNumbers before) {
    private static final int ROUNDS = 2;

    RehearsedDaemon {
        requireNonNull(daemon, "daemon is null");
        requireNonNull(before, "before is null");
    }

    static RehearsedDaemon start(Path directory, boolean isEncrypted) throws Exception {
        AttackedDaemon daemon = isEncrypted ? AttackedDaemon.encrypted(directory) : AttackedDaemon.open(directory);
        boolean rehearsed = false;
        try {
            daemon.awaitRest();
            HonestClients honest = new HonestClients(daemon);
            for (int round = 1; round <= ROUNDS; round++) {
                System.out.printf("hostile clients: without an attack: %s%n", honest.serve());
                rehearse(daemon, round);
                daemon.awaitRest();
            }
            DaemonNumbers before = daemon.numbers();
            System.out.printf("hostile clients: before: %s%n", before);
            rehearsed = true;
            return new RehearsedDaemon(daemon, isEncrypted, before);
        } finally {
            if (!rehearsed) {
                daemon.close();
            }
        }
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

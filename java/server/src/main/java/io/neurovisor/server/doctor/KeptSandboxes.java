package io.neurovisor.server.doctor;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * The living sandboxes of running daemons and all that are paused, by their records. Those that died with their daemon are among
 * the {@link Leftovers}.
 */
record KeptSandboxes(Path directory, InstantSource clock, CheckpointStore checkpoints) {
    private static final String NAME = "sandboxes";
    private static final long MEBIBYTE = 1L << 20;

    Finding examine() {
        if (!SandboxDatabase.isIn(directory)) {
            return Finding.pass(NAME, "none runs");
        }
        try (SandboxDatabase records = SandboxDatabase.open(directory, clock, checkpoints)) {
            return Finding.pass(NAME, running(records.running()) + paused(records.sizePaused()));
        } catch (NeuroVisorException unusable) {
            return Finding.warn(NAME, String.valueOf(unusable.getMessage()), "remove " + directory);
        }
    }

    private static String running(int number) {
        return switch (number) {
            case 0 -> "none runs";
            case 1 -> "1 runs; ./neurovisor sandbox info ID shows its layers, as read last";
            default -> number + " run; ./neurovisor sandbox info ID shows the layers of one, as read last";
        };
    }

    private String paused(int number) {
        if (number == 0) {
            return "";
        }
        long bytes =
                checkpoints.sandboxes().stream().mapToLong(checkpoints::bytes).sum();
        return "; %d %s paused, with %d MiB on disk"
                .formatted(number, number == 1 ? "is" : "are", Math.ceilDiv(bytes, MEBIBYTE));
    }
}

package io.neurovisor.server.doctor;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The living sandboxes of running daemons and all that are paused, by their records, and the snapshots. Those that died with their daemon are among
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
            return Finding.pass(NAME, running(records.running()) + paused(records.sizePaused()) + snapshots());
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
        return "; %d %s paused, %s".formatted(number, number == 1 ? "is" : "are", onDisk(checkpoints.sandboxes()));
    }

    private String snapshots() {
        Set<SandboxId> kept = checkpoints.snapshots().stream().map(Snapshot::id).collect(Collectors.toSet());
        return switch (kept.size()) {
            case 0 -> "";
            case 1 -> "; 1 snapshot, " + onDisk(kept);
            default -> "; " + kept.size() + " snapshots, " + onDisk(kept);
        };
    }

    private String onDisk(Set<SandboxId> saved) {
        long bytes = saved.stream().mapToLong(checkpoints::bytes).sum();
        return "with " + Math.ceilDiv(bytes, MEBIBYTE) + " MiB on disk";
    }
}

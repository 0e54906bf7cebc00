package io.neurovisor.server.doctor;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.nio.file.Path;
import java.time.InstantSource;

/** The living sandboxes of running daemons, by their records. Those of dead daemons are among the {@link Leftovers}. */
record RunningSandboxes(Path directory, InstantSource clock) {
    private static final String NAME = "sandboxes";

    Finding examine() {
        if (!SandboxDatabase.isIn(directory)) {
            return Finding.pass(NAME, "none runs");
        }
        try (SandboxDatabase records = SandboxDatabase.open(directory, clock)) {
            int running = records.running();
            return Finding.pass(
                    NAME,
                    switch (running) {
                        case 0 -> "none runs";
                        case 1 -> "1 runs; ./neurovisor sandbox info ID shows its layers, as read last";
                        default -> running + " run; ./neurovisor sandbox info ID shows the layers of one, as read last";
                    });
        } catch (NeuroVisorException unusable) {
            return Finding.warn(NAME, String.valueOf(unusable.getMessage()), "remove " + directory);
        }
    }
}

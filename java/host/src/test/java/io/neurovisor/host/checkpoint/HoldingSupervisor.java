package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.store.Supervisor;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** Records the held paths. Fails to release those with a given end of their name. */
final class HoldingSupervisor implements Supervisor {
    private final String failing;
    private final Set<Path> held = new LinkedHashSet<>();

    HoldingSupervisor(String failing) {
        this.failing = failing;
    }

    Set<Path> held() {
        return Set.copyOf(held);
    }

    @Override
    public Held hold(Path scratch) {
        held.add(scratch);
        return () -> {
            if (scratch.toString().endsWith(failing)) {
                throw new NeuroVisorException(Fault.SPAWNER_FAILED, "the spawner is gone");
            }
            held.remove(scratch);
        };
    }

    @Override
    public Tool tool(ToolCommand first, ToolCommand... piped) {
        return Tool.of(first, piped);
    }
}

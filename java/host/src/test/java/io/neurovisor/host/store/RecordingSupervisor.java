package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** Records the held paths, and checks that they do not exist when they are held. */
final class RecordingSupervisor implements Supervisor {
    private final Set<Path> held = new LinkedHashSet<>();

    Set<Path> held() {
        return Set.copyOf(held);
    }

    @Override
    public Held hold(Path scratch) {
        assertThat(scratch).doesNotExist();
        assertThat(scratch.getParent()).isDirectory();
        held.add(scratch);
        return () -> {
            assertThat(scratch).doesNotExist();
            held.remove(scratch);
        };
    }

    @Override
    public Tool tool(ToolCommand first, ToolCommand... piped) {
        return Tool.of(first, piped);
    }
}

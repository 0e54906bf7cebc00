package io.neurovisor.host.store;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;

/** The absence of a supervisor, for processes without unfinished work. */
record Unsupervised() implements Supervisor {
    @Override
    public Held hold(Path scratch) {
        return () -> {};
    }

    @Override
    public Tool tool(ToolCommand first, ToolCommand... piped) {
        return Tool.of(first, piped);
    }
}

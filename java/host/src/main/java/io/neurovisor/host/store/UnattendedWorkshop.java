package io.neurovisor.host.store;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;

/** A workshop that nobody looks after. */
record UnattendedWorkshop() implements Workshop {
    @Override
    public Held hold(Path scratch) {
        return () -> {};
    }

    @Override
    public Tool tool(ToolCommand first, ToolCommand... piped) {
        return Tool.of(first, piped);
    }
}

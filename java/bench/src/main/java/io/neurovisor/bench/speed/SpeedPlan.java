package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.TemporaryKeys;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The scenarios of a run, and what they are measured with.
 *
 * @param quick whether to measure fewer rounds, which takes minutes instead of an hour
 * @param commands starts the product
 * @param floor the compiled program of {@code bench/floor}
 * @param dataDirectory the data directory of the product
 * @param scratch a directory for sockets
 * @param keys opens the keys of the product
 */
public record SpeedPlan(
        boolean quick,
        Set<Scenario> scenarios,
        Commands commands,
        Path floor,
        Path dataDirectory,
        Path scratch,
        Supplier<TemporaryKeys> keys) {
    public SpeedPlan {
        scenarios = Set.copyOf(scenarios);
    }

    public interface Commands {
        ToolCommand serve(SandboxSize size, Path socket, List<String> options);

        /** Returns the command that has the daemon at the socket run one program. */
        ToolCommand runByDaemon(SandboxSize size, Path socket, List<String> program);

        /** Returns the command that runs one program without a daemon. */
        ToolCommand runAlone(SandboxSize size, List<String> program);

        /** Returns the command that runs one program without a daemon, with the given data directory. */
        ToolCommand runAlone(SandboxSize size, List<String> program, Path dataDirectory);
    }

    int rehearsals() {
        return quick ? 1 : 2;
    }

    int rounds(int quickly, int fully) {
        return quick ? quickly : fully;
    }
}

package io.neurovisor.bench.speed;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What is to be measured, and with what.
 *
 * @param quick fewer rounds of each, for minutes instead of an hour
 * @param scenarios which
 * @param commands how the product is started
 * @param floor the compiled floor
 * @param dataDirectory of the product
 * @param scratch where sockets may be
 */
public record Plan(
        boolean quick, Set<Scenario> scenarios, Commands commands, Path floor, Path dataDirectory, Path scratch) {
    public Plan {
        scenarios = Set.copyOf(scenarios);
        requireNonNull(commands, "commands is null");
        requireNonNull(floor, "floor is null");
        requireNonNull(dataDirectory, "dataDirectory is null");
        requireNonNull(scratch, "scratch is null");
    }

    /** How the product is started. */
    public interface Commands {
        /** A daemon at this socket. */
        ToolCommand serve(SandboxSize size, Path socket, List<String> options);

        /** One program by the daemon at this socket. */
        ToolCommand runByDaemon(SandboxSize size, Path socket, List<String> program);

        /** One program in a machine of the command's own. */
        ToolCommand runAlone(SandboxSize size, List<String> program);

        /** The same with a data directory of its own. */
        ToolCommand runAlone(SandboxSize size, List<String> program, Path dataDirectory);
    }

    int rehearsals() {
        return quick ? 1 : 2;
    }

    int rounds(int quickly, int fully) {
        return quick ? quickly : fully;
    }
}

package io.neurovisor.bench.endurance;

import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * The parameters of a run.
 *
 * @param serve the command of the daemon, which serves at {@code socket} and keeps {@code warm} machines ready
 * @param leftovers returns a line for each thing that dead runs have left on this machine
 */
public record EndurancePlan(
        ToolCommand serve,
        Path socket,
        int warm,
        Supplier<List<String>> leftovers,
        int clients,
        Duration duration,
        long seed) {}

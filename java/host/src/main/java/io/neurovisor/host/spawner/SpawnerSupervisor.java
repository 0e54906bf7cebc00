package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The spawner as supervisor: it removes held paths when this process ends. Tools run below a guard program that ends them when
 * this process or the spawner ends.
 */
public final class SpawnerSupervisor implements Supervisor, AutoCloseable {
    private final Path program;
    private final Spawner spawner;

    /** @param program the program of the spawner */
    public SpawnerSupervisor(Path program, Spawner spawner) {
        this.program = program;
        this.spawner = spawner;
    }

    @Override
    public Held hold(Path scratch) {
        // The spawner does not follow links.
        Path path = withoutLinks(scratch);
        spawner.holdScratch(path);
        return () -> release(path);
    }

    @Override
    public Tool tool(ToolCommand first, ToolCommand... piped) {
        List<String> guard = List.of(
                program.toString(),
                "--tool",
                Long.toString(ProcessHandle.current().pid()),
                "--spawner",
                Long.toString(spawner.pid()));
        return Tool.of(
                first.below(guard),
                Stream.of(piped).map(command -> command.below(guard)).toArray(ToolCommand[]::new));
    }

    private static Path withoutLinks(Path path) {
        Path parent = requireNonNull(path.getParent(), "parent is null");
        try {
            return parent.toRealPath().resolve(requireNonNull(path.getFileName(), "file name is null"));
        } catch (IOException failure) {
            throw StorageFaults.of("find", parent, failure);
        }
    }

    private void release(Path path) {
        try {
            spawner.releaseScratch(path);
        } catch (NeuroVisorException failure) {
            // The spawner has ended; the next sweep ignores a path that does not exist.
            if (failure.fault() != Fault.SPAWNER_FAILED) {
                throw failure;
            }
        }
    }

    /** Ends the spawner and every virtual machine. */
    @Override
    public void close() {
        spawner.close();
    }
}

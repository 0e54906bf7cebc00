package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.HostProgram;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.process.ToolCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Measures the first program after installation, whose command makes the template from existing images and kernels. */
record TemplateRun(Workbench bench) {
    static final String FIRST = "template made, command to answer";

    /** The parts of a data directory that many templates share. */
    private static final Set<String> SHARED = Set.of("images", "kernels", "initrds", "firecracker");

    /** The shared parts that a command writes to, and which are therefore copied. */
    private static final Set<String> COPIED = Set.of("digests", "probes.properties");

    void measure() {
        bench.rounds(() -> {})
                .withRehearsals(0)
                .run(FIRST, bench.plan().rounds(1, 2), List.of(new Contender(Workbench.OURS, this::first)));
    }

    /** Uses a separate data directory, so that the templates of the user are not touched. */
    private double first() {
        Path own = bench.socket("data");
        try {
            lend(bench.plan().dataDirectory(), own);
            ToolCommand command = bench.plan()
                    .commands()
                    .runAlone(bench.size(), List.of("--language", "python", "-c", SampleProgram.PYTHON.code()), own);
            return HostProgram.timed(command);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED, "no data directory can be made: " + exception.getMessage(), exception);
        } finally {
            // Removes the links, not their targets.
            PrivateFiles.delete(own);
        }
    }

    static void lend(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (SHARED.contains(name)) {
                    Files.createSymbolicLink(to.resolve(name), entry.toRealPath());
                } else if (COPIED.contains(name)) {
                    Files.copy(entry, to.resolve(name));
                }
            }
        }
    }
}

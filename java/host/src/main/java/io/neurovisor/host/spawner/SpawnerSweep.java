package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds, and removes, what runs left whose spawner was killed: machines, their directories and control groups, half-made
 * artifacts. By the spawners' journals, and never what a living spawner holds.
 */
public final class SpawnerSweep {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path program;
    private final boolean dryRun;

    /** @param dryRun whether to tell only what would be removed */
    public SpawnerSweep(Path program, boolean dryRun) {
        this.program = requireNonNull(program, "program is null");
        this.dryRun = dryRun;
    }

    /**
     * What one sweep met.
     *
     * @param things that were removed; a process is its directory in {@code /proc}
     * @param problems in words, a line for each thing that stays
     */
    public record Swept(List<Path> things, List<String> problems) {
        public Swept {
            things = List.copyOf(things);
            problems = List.copyOf(problems);
        }
    }

    /** Sweeps the runtime directories in one place, which need not be there. */
    public Swept sweep(Path base) {
        ToolCommand command = ToolCommand.of(program.toString(), "neurovisor", "--sweep", base.toString());
        List<Path> things = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        Tool.of(dryRun ? command.withArguments(List.of("--dry-run")) : command)
                .outputLines(line -> things.add(thing(line)))
                .messages(problems::add)
                .deadline(LIMIT)
                .run();
        return new Swept(things, problems);
    }

    private static Path thing(String line) {
        String[] words = line.split(" ", 2);
        return words[0].equals("process") ? Path.of("/proc", words[1]) : Path.of(words[words.length - 1]);
    }
}

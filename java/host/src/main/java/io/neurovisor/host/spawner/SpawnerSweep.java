package io.neurovisor.host.spawner;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds and removes the remains of runs whose spawner was killed: machines, their directories and control groups, half-made
 * artifacts. It reads the journals of the spawners and skips everything that a living spawner holds.
 *
 * @param dryRun whether to report only what would be removed
 */
public record SpawnerSweep(Path program, boolean dryRun) {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /**
     * The result of one sweep.
     *
     * @param removed the paths that were removed; a process is represented by its directory in {@code /proc}
     * @param problems one line for each path that could not be removed
     */
    public record Swept(List<Path> removed, List<String> problems) {
        public Swept {
            removed = List.copyOf(removed);
            problems = List.copyOf(problems);
        }
    }

    /** Sweeps the runtime directories below a directory, which need not exist. */
    public Swept sweep(Path base) {
        ToolCommand command = ToolCommand.of(program.toString(), "neurovisor", "--sweep", base.toString());
        List<Path> removed = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        Tool.of(dryRun ? command.withArguments(List.of("--dry-run")) : command)
                .outputLines(line -> removed.add(removed(line)))
                .messages(problems::add)
                .deadline(LIMIT)
                .run();
        return new Swept(removed, problems);
    }

    private static Path removed(String line) {
        String[] words = line.split(" ", 2);
        return words[0].equals("process") ? Path.of("/proc", words[1]) : Path.of(words[words.length - 1]);
    }
}

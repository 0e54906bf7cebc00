package io.neurovisor.tests.lifecycle;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A control group of either version that limits the memory of its processes. */
record LimitedGroup(Path directory, String limit, String kills) implements AutoCloseable {
    private static final Path HIERARCHY = Path.of("/sys/fs/cgroup");

    /** Creates a group; skips the test where that is impossible. */
    static LimitedGroup make(long bytes) {
        String name = "neurovisor-test-" + ProcessHandle.current().pid();
        boolean one = Files.exists(HIERARCHY.resolve("memory"));
        LimitedGroup group = new LimitedGroup(
                (one ? HIERARCHY.resolve("memory") : HIERARCHY).resolve(name),
                one ? "memory.limit_in_bytes" : "memory.max",
                one ? "memory.oom_control" : "memory.events");
        try {
            Files.createDirectory(group.directory());
            group.hold(bytes);
            return group;
        } catch (IOException exception) {
            group.close();
            return abort("no control group can be made here to hold memory down: " + exception.getMessage());
        }
    }

    /** Sets the limit. */
    void hold(long bytes) throws IOException {
        Files.writeString(directory.resolve(limit), Long.toString(bytes));
    }

    /** Returns an environment in which the script {@code ./neurovisor} enters the group before anything else. */
    Map<String, String> entering(Path scratch) throws IOException {
        Path first = scratch.resolve("enter.sh");
        Files.writeString(first, "echo $$ >" + directory.resolve("cgroup.procs") + "\nunset BASH_ENV\n");
        return Map.of("BASH_ENV", first.toString());
    }

    /** Returns how many of its processes the kernel has killed because of the limit. */
    int killed() throws IOException {
        try (Stream<String> lines = Files.lines(directory.resolve(kills))) {
            return lines.filter(line -> line.startsWith("oom_kill "))
                    .mapToInt(line -> Integer.parseInt(line.substring("oom_kill ".length())))
                    .sum();
        }
    }

    /** Removes the group; its processes may need a moment to end. */
    @Override
    public void close() {
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    Files.deleteIfExists(directory);
                    return true;
                });
    }
}

package io.neurovisor.tests.lifecycle;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A control group of this test's, of either version, that holds the memory of what is in it down. */
record LimitedGroup(Path directory, String limit, String kills) implements AutoCloseable {
    private static final Path HIERARCHY = Path.of("/sys/fs/cgroup");

    /** Skips the test where none can be made. */
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

    /** From now on to that much. */
    void hold(long bytes) throws IOException {
        Files.writeString(directory.resolve(limit), Long.toString(bytes));
    }

    /** The environment in which {@code ./neurovisor}, a script, enters the group before anything else. */
    Map<String, String> entering(Path scratch) throws IOException {
        Path first = scratch.resolve("enter.sh");
        Files.writeString(first, "echo $$ >" + directory.resolve("cgroup.procs") + "\nunset BASH_ENV\n");
        return Map.of("BASH_ENV", first.toString());
    }

    /** How many processes the kernel has killed in it for want of memory. */
    int killed() throws IOException {
        try (Stream<String> lines = Files.lines(directory.resolve(kills))) {
            return lines.filter(line -> line.startsWith("oom_kill "))
                    .mapToInt(line -> Integer.parseInt(line.substring("oom_kill ".length())))
                    .sum();
        }
    }

    /** What was in it may take a moment to leave it. */
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

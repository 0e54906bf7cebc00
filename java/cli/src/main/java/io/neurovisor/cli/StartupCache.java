package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.Workshop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The JVM's ahead-of-time cache (JEP 483, JEP 514), which the launcher starts Java with. It is recorded by running a real
 * program in a real microVM, so it holds what such a run loads and proves that one works.
 */
final class StartupCache {
    private final Path home;
    private final String state;

    /** @param state what the launcher says: {@code current}, {@code missing}, or {@code recording} in the run that makes it */
    StartupCache(Path home, String state) {
        this.home = requireNonNull(home, "home is null");
        this.state = requireNonNull(state, "state is null");
    }

    static StartupCache standard() {
        return new StartupCache(CommonOptions.home(), System.getProperty("neurovisor.aot", ""));
    }

    /** Records the cache if the launcher misses it and may write it. */
    void refresh(List<String> guestArguments, Workshop workshop, Progress progress) {
        if (!state.equals("missing") || !Files.isWritable(home.resolve("java/cli/target/app"))) {
            return;
        }
        progress.step("Recording what a start loads");
        List<String> arguments = Stream.of(
                        // Not what the user allows his programs: the cache is ours.
                        Stream.of("run", "--language", "python", "--timeout", "1m"),
                        guestArguments.stream(),
                        Stream.of("-c", "print(6*7)"))
                .flatMap(words -> words)
                .toList();
        ToolResult recorded = workshop.tool(new ToolCommand(
                        home.resolve("neurovisor").toString(),
                        "neurovisor",
                        arguments,
                        Map.of("NEUROVISOR_AOT", "record")))
                .run();
        // The JVM's own last word is never the reason.
        new ToolResult(
                        recorded.program(),
                        recorded.exitCode(),
                        recorded.messages().stream()
                                .filter(line -> !line.startsWith("Removed temporary AOT"))
                                .toList())
                .orThrow();
    }
}

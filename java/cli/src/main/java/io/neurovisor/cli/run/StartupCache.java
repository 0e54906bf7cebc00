package io.neurovisor.cli.run;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.Supervisor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The ahead-of-time cache of the JVM (JEP 483, JEP 514), which the launcher passes to Java. It is recorded while real programs
 * run in real microVMs, so that it contains the classes that such runs load.
 */
public final class StartupCache {
    private final Path home;
    private final String state;

    /** @param state the state according to the launcher: {@code current}, {@code missing}, or {@code recording} */
    StartupCache(Path home, String state) {
        this.home = home;
        this.state = state;
    }

    public static StartupCache standard() {
        return new StartupCache(CommonOptions.home(), System.getProperty("neurovisor.aot", ""));
    }

    /** Records the cache if it is missing and this user may write it. */
    public void refresh(List<String> guestArguments, Supervisor supervisor, Progress progress) {
        if (!state.equals("missing") || !Files.isWritable(home.resolve("java/cli/target/app"))) {
            return;
        }
        progress.step("Recording the startup cache");
        ToolResult recorded = supervisor
                .tool(new ToolCommand(
                        home.resolve("neurovisor").toString(),
                        "neurovisor",
                        Stream.concat(Stream.of(RecordStartCommand.NAME), guestArguments.stream())
                                .toList(),
                        Map.of("NEUROVISOR_AOT", "record")))
                .run();
        // The last message of the JVM is never the reason of a failure.
        new ToolResult(
                        recorded.program(),
                        recorded.exitCode(),
                        recorded.messages().stream()
                                .filter(line -> !line.startsWith("Removed temporary AOT"))
                                .toList())
                .orThrow();
    }
}

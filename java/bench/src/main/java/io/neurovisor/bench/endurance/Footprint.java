package io.neurovisor.bench.endurance;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources of an idle JVM.
 *
 * @param descriptors the number of open file descriptors
 * @param heapBytes the used heap after a garbage collection; empty if the JDK has no jcmd
 */
public record Footprint(int descriptors, OptionalLong heapBytes) {
    private static final Pattern GENERATION = Pattern.compile("(?:DefNew|Tenured) +total \\d+K, used (\\d+)K");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    static Footprint of(ProcessHandle jvm) {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc", Long.toString(jvm.pid()), "fd"))) {
            return new Footprint(Math.toIntExact(descriptors.count()), heap(jvm));
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the descriptors of process " + jvm.pid() + " cannot be read", exception);
        }
    }

    private static OptionalLong heap(ProcessHandle jvm) {
        ToolCommand jcmd = ToolCommand.of(
                Path.of(System.getProperty("java.home"), "bin/jcmd").toString(), "a JDK", Long.toString(jvm.pid()));
        if (jcmd.find().isEmpty()) {
            return OptionalLong.empty();
        }
        Tool.of(jcmd.withArguments(List.of("GC.run"))).deadline(LIMIT).run().orThrow();
        List<String> lines = Tool.of(jcmd.withArguments(List.of("GC.heap_info")))
                .deadline(LIMIT)
                .lines();
        return OptionalLong.of(used(lines));
    }

    /** Returns the used heap in bytes, from the report of jcmd on the generations of the serial collector. */
    static long used(List<String> lines) {
        long kibibytes = 0;
        int generations = 0;
        for (Matcher used = GENERATION.matcher(String.join("\n", lines)); used.find(); generations++) {
            kibibytes += Long.parseLong(used.group(1));
        }
        if (generations != 2) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the heap report of jcmd has an unknown form: " + String.join("; ", lines));
        }
        return kibibytes << 10;
    }
}

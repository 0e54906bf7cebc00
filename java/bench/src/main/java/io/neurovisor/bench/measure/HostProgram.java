package io.neurovisor.bench.measure;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Contenders that run the program without a virtual machine: as a plain process, in bubblewrap and in gVisor. */
public final class HostProgram {
    public static final String PLAIN = "plain process";
    public static final String BUBBLEWRAP = "bubblewrap";
    public static final String GVISOR = "gVisor runsc";

    private static final Duration LIMIT = Duration.ofMinutes(5);

    private HostProgram() {}

    public static List<Contender> contenders(Language language, String code) {
        Optional<List<String>> found = command(language, code);
        List<Contender> contenders = new ArrayList<>();
        found.ifPresent(words -> {
            contenders.add(contender(PLAIN, tool(words)));
            ToolCommand bubblewrap = ToolCommand.of(
                    "bwrap",
                    "bubblewrap",
                    "--ro-bind",
                    "/",
                    "/",
                    "--dev",
                    "/dev",
                    "--proc",
                    "/proc",
                    "--unshare-all",
                    "--die-with-parent");
            if (bubblewrap.find().isPresent()) {
                contenders.add(contender(BUBBLEWRAP, bubblewrap.withArguments(words)));
            }
            ToolCommand gvisor = ToolCommand.of("runsc", "runsc", "--network=none");
            if (gvisor.find().isPresent()) {
                ToolCommand rootless = ProcessHandle.current()
                                .info()
                                .user()
                                .filter("root"::equals)
                                .isPresent()
                        ? gvisor
                        : gvisor.withArguments(List.of("--rootless"));
                contenders.add(
                        contender(GVISOR, rootless.withArguments(List.of("do")).withArguments(words)));
            }
        });
        return contenders;
    }

    /** The interpreter of the distribution, even if a version manager has put another one first in the path. */
    private static Optional<List<String>> command(Language language, String code) {
        List<String> words = switch (language) {
            case PYTHON -> List.of("/usr/bin/python3", "-I", "-c", code);
            case BASH -> List.of("/bin/bash", "-c", code);
            case JAVASCRIPT -> List.of("/usr/bin/node", "-e", code);
            default -> List.of();
        };
        return Optional.of(words)
                .filter(known -> !known.isEmpty() && tool(known).find().isPresent());
    }

    private static ToolCommand tool(List<String> words) {
        return ToolCommand.of(words.getFirst(), words.getFirst()).withArguments(words.subList(1, words.size()));
    }

    private static Contender contender(String name, ToolCommand command) {
        return new Contender(name, () -> timed(command));
    }

    /** Returns the milliseconds from start to exit; throws if the program does not print the answer. */
    public static double timed(ToolCommand command) {
        List<String> lines = new ArrayList<>();
        long beganNanos = System.nanoTime();
        Tool.of(command).outputLines(lines::add).deadline(LIMIT).run().orThrow();
        double millis = (System.nanoTime() - beganNanos) / 1e6;
        if (!lines.equals(List.of(SampleProgram.ANSWER))) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, command.program() + " printed " + lines);
        }
        return millis;
    }
}

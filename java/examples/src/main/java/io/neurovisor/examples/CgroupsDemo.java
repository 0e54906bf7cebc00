package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.server.trace.TraceIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Lowers the limits of a machine's control group while its program runs. */
final class CgroupsDemo {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int LEAST_STOPS = 5;
    private static final long SPARE_BYTES = 8 << 20;

    private static final String BUSY = """
            import time
            print("ready", flush=True)
            end = time.monotonic() + 3
            while time.monotonic() < end:
                pass
            """;

    private static final String HUNGRY = """
            import time
            print("ready", flush=True)
            time.sleep(1)
            print(len(bytes(range(256)) * 2**19))
            """;

    private CgroupsDemo() {}

    static void run(ExampleRun run) {
        run.checkLayer(Layer.CGROUP);
        throttled(run);
        killed(run);
        ExecutionResult next =
                run.execute(Language.BASH, "true", ExecutionRequest.DEFAULT_TIMEOUT, new CollectedOutput(_ -> {}));
        run.check(next.outcome() == Outcome.COMPLETED, "the next machine works");
    }

    private static void throttled(ExampleRun run) {
        try (Lease lease = run.lease()) {
            Path group = group(lease.machine());
            long before = number(group, "cpu.stat", "nr_throttled");
            ProgramRun end = execute(lease.machine(), BUSY, () -> write(group.resolve("cpu.max"), "20000 100000"));
            long stops = number(group, "cpu.stat", "nr_throttled") - before;
            run.check(stops > LEAST_STOPS, "with a fifth of a processor, it was throttled " + stops + " times");
            run.check(
                    end.exit().outcome() == Outcome.COMPLETED,
                    "its program ended as " + end.exit().outcome());
        }
    }

    private static void killed(ExampleRun run) {
        try (Lease lease = run.lease()) {
            Path group = group(lease.machine());
            ProgramRun end = execute(lease.machine(), HUNGRY, () -> {
                long used = number(group, "memory.current", "");
                write(group.resolve("memory.max"), Long.toString(used + SPARE_BYTES));
            });
            run.check(
                    end.exit().outcome() == Outcome.OUT_OF_MEMORY,
                    "with 8 MiB to spare, it asked for 128: " + end.exit().outcome());
            run.note(ExampleRun.shown(end.detail()));
        }
    }

    /** Runs the program, and the action as soon as the program is ready. */
    private static ProgramRun execute(Machine machine, String code, Runnable whenReady) {
        boolean[] ready = {false};
        CollectedOutput output = new CollectedOutput(text -> {
            if (text.contains("ready") && !ready[0]) {
                ready[0] = true;
                whenReady.run();
            }
        });
        return machine.run(new Program(Language.PYTHON, code, List.of()), TIMEOUT, TraceIds.next(), output);
    }

    /** Returns the control group that was read off the machine. */
    private static Path group(Machine machine) {
        String detail = machine.layers().stream()
                .filter(state -> state.layer() == Layer.CGROUP)
                .map(LayerState::detail)
                .findFirst()
                .orElseThrow();
        return Path.of(detail.substring(detail.lastIndexOf(" in ") + " in ".length()));
    }

    /** Returns a number in a file of the group, which follows {@code name} if the file has several. */
    private static long number(Path group, String file, String name) {
        try {
            return Files.readAllLines(group.resolve(file)).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).strip())
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(0);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static void write(Path file, String value) {
        try {
            Files.writeString(file, value);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}

package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxRun;
import io.neurovisor.server.trace.TraceIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Takes from a machine, by its control group, what it lives on, while its program runs. */
final class CgroupsDemo implements Example {
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

    @Override
    public String name() {
        return "cgroups_demo";
    }

    @Override
    public String promise() {
        return "the host holds a virtual machine to its processor time and memory, and says when it has killed it for them";
    }

    @Override
    public void run(ExampleRun run) {
        run.checkLayer(Layer.CGROUP);
        throttled(run);
        killed(run);
        ExecutionResult next =
                run.execute(Language.BASH, "true", ExecutionRequest.DEFAULT_TIMEOUT, new CollectedOutput(_ -> {}));
        run.check(next.outcome() == Outcome.COMPLETED, "the next machine is as it should be");
    }

    private static void throttled(ExampleRun run) {
        try (Lease lease = run.lease()) {
            Path group = group(lease.sandbox());
            long before = number(group, "cpu.stat", "nr_throttled");
            SandboxRun end = execute(lease.sandbox(), BUSY, () -> write(group.resolve("cpu.max"), "20000 100000"));
            long stops = number(group, "cpu.stat", "nr_throttled") - before;
            run.check(stops > LEAST_STOPS, "given a fifth of a processor, it was stopped " + stops + " times");
            run.check(
                    end.exit().outcome() == Outcome.COMPLETED,
                    "its program ended as " + end.exit().outcome());
        }
    }

    private static void killed(ExampleRun run) {
        try (Lease lease = run.lease()) {
            Path group = group(lease.sandbox());
            SandboxRun end = execute(lease.sandbox(), HUNGRY, () -> {
                long used = number(group, "memory.current", "");
                write(group.resolve("memory.max"), Long.toString(used + SPARE_BYTES));
            });
            run.check(
                    end.exit().outcome() == Outcome.OUT_OF_MEMORY,
                    "given 8 MiB more than it had, and asked for 128: "
                            + end.exit().outcome());
            run.tell(ExampleRun.shown(end.detail()));
        }
    }

    /** Runs the program, and the action once it is there. */
    private static SandboxRun execute(Sandbox sandbox, String code, Runnable whenReady) {
        boolean[] told = {false};
        CollectedOutput output = new CollectedOutput(text -> {
            if (text.contains("ready") && !told[0]) {
                told[0] = true;
                whenReady.run();
            }
        });
        return sandbox.run(new Program(Language.PYTHON, code, List.of()), TIMEOUT, TraceIds.next(), output);
    }

    /** As it was read off the machine. */
    private static Path group(Sandbox sandbox) {
        String detail = sandbox.layers().stream()
                .filter(state -> state.layer() == Layer.CGROUP)
                .map(LayerState::detail)
                .findFirst()
                .orElseThrow();
        return Path.of(detail.substring(detail.lastIndexOf(" in ") + " in ".length()));
    }

    /** A number that a file of the group holds, after its name where it holds several. */
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

package io.neurovisor.bench.floor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.host.process.BackgroundTool;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A lower bound for the product: the bare VMM with a clone of the product's template, which runs a program without a jail,
 * a pool, limits or a service ({@code bench/floor}).
 *
 * @param program the compiled program of {@code bench/floor}
 * @param scratch a directory for the sockets of its clones
 * @param accelerator the value of QEMU's option {@code -accel}
 */
public record Floor(Path program, SavedVm template, Path scratch, String accelerator) {
    public static final String NAME = "bare VMM";

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String IDLE_SECONDS = "900";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicInteger CLONES = new AtomicInteger();

    /**
     * The times at which one clone reached its steps.
     *
     * @param report the report of the program, with the time and the duration of each step in milliseconds
     */
    public record Steps(JsonNode report) {
        public double reached(String step) {
            return report.path("p50").path(step).path("reached_ms").asDouble(Double.NaN);
        }

        public double took(String step) {
            return report.path("p50").path(step).path("took_ms").asDouble(Double.NaN);
        }

        /** Returns the resident memory of the guest agent. */
        public double agentMebibytes() {
            return report.path("agent_resident_bytes").asDouble(Double.NaN) / (1 << 20);
        }

        /** Returns the milliseconds from the request to the last byte of its answer. */
        public double request() {
            return took("first byte") + took("exit");
        }
    }

    public Steps run(SampleProgram sample, String... options) {
        return run(sample.language().label(), sample.code(), options);
    }

    public Steps run(String language, String code, String... options) {
        return measured(command("clone")
                .withArguments(List.of("--language", language, "--code", code))
                .withArguments(List.of(options)));
    }

    private static Steps measured(ToolCommand command) {
        List<String> lines = new ArrayList<>();
        Tool.of(command).outputLines(lines::add).deadline(LIMIT).run().orThrow();
        try {
            return new Steps(JSON.readTree(lines.getLast()));
        } catch (JsonProcessingException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "the floor printed " + lines.getLast(), exception);
        }
    }

    /** Boots a machine from the boot files of the template and runs one program in it. */
    public Steps boot(SampleProgram sample) {
        return measured(command("boot")
                .withArguments(List.of(
                        "--kernel",
                        template.files().kernel().toString(),
                        "--initrd",
                        template.files().initrd().toString(),
                        "--language",
                        sample.language().label(),
                        "--code",
                        sample.code())));
    }

    /** Starts a primed clone that is idle until it is closed. */
    public BackgroundTool idle() {
        return started(
                        command("clone").withArguments(List.of("--prime", "--idle", "--hold", IDLE_SECONDS)),
                        Pattern.compile("idle"))
                .program();
    }

    /** Starts a clone that has waited as a machine of the pool does, and has become a living sandbox. */
    public BareSandbox sandbox(Duration rest) {
        Path directory = directory();
        Started started = started(
                command("sandbox", directory)
                        .withArguments(List.of("--prime", "--rest", Long.toString(rest.toMillis()))),
                Pattern.compile("listening (\\S+)"));
        return BareSandbox.connect(
                started.program(),
                directory.resolve("steps"),
                Double.parseDouble(started.line().group(1)));
    }

    private record Started(BackgroundTool program, MatchResult line) {}

    /** Returns when the program has printed a line of this form. */
    private static Started started(ToolCommand command, Pattern form) {
        CompletableFuture<MatchResult> ready = new CompletableFuture<>();
        BackgroundTool program = BackgroundTool.start(command, line -> {
            Matcher found = form.matcher(line);
            if (found.matches()) {
                ready.complete(found.toMatchResult());
            }
        });
        CompletableFuture<Void> _ = program.handle()
                .onExit()
                .thenAccept(_ -> ready.completeExceptionally(new IllegalStateException("it has ended")));
        try {
            return new Started(program, ready.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException failure) {
            program.close();
            throw new NeuroVisorException(Fault.TOOL_FAILED, "a bare VMM does not get ready", failure);
        } catch (InterruptedException interrupt) {
            program.close();
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
    }

    private Path directory() {
        return scratch.resolve("clones-" + CLONES.incrementAndGet());
    }

    private ToolCommand command(String what) {
        return command(what, directory());
    }

    private ToolCommand command(String what, Path directory) {
        return ToolCommand.of(
                program.toString(),
                "neurovisor",
                what,
                directory.toString(),
                "--template",
                template.directory().toString(),
                "--rootfs",
                template.files().rootfs().toString(),
                "--vcpus",
                Integer.toString(template.size().vcpuCount()),
                "--accel",
                accelerator);
    }
}

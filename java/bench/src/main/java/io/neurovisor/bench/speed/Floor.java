package io.neurovisor.bench.speed;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.bench.measure.Sample;
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

/**
 * The bare VMM with a clone of the product's own template: the fewest steps that run a program in it, without a jail, a
 * pool, limits or a service ({@code bench/floor}).
 *
 * @param program the compiled floor
 * @param scratch where its clones have their sockets
 * @param accelerator as QEMU's argument has it
 */
record Floor(Path program, SavedVm template, Path scratch, String accelerator) {
    static final String NAME = "bare VMM";

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String IDLE_SECONDS = "900";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicInteger CLONES = new AtomicInteger();

    Floor {
        requireNonNull(program, "program is null");
        requireNonNull(template, "template is null");
        requireNonNull(scratch, "scratch is null");
        requireNonNull(accelerator, "accelerator is null");
    }

    /**
     * When one clone was how far.
     *
     * @param told of each step when it was reached and what it took by itself, in milliseconds
     */
    record Steps(JsonNode told) {
        double reached(String step) {
            return told.path("p50").path(step).path("reached_ms").asDouble(Double.NaN);
        }

        double took(String step) {
            return told.path("p50").path(step).path("took_ms").asDouble(Double.NaN);
        }

        /** What the agent in the guest has of the memory itself. */
        double agentMebibytes() {
            return told.path("agent_resident_bytes").asDouble(Double.NaN) / (1 << 20);
        }

        /** From the request to the last byte of its answer. */
        double request() {
            return took("first byte") + took("exit");
        }
    }

    /** One clone runs one program. */
    Steps run(Sample sample, String... options) {
        return run(sample.language().label(), sample.code(), options);
    }

    Steps run(String language, String code, String... options) {
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

    /** A machine that is booted with what the template was booted with runs one program. */
    Steps boot(Sample sample) {
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

    /** A primed clone that waits until it is closed. */
    BackgroundTool idle() {
        CompletableFuture<String> ready = new CompletableFuture<>();
        BackgroundTool clone = BackgroundTool.start(
                command("clone").withArguments(List.of("--prime", "--idle", "--hold", IDLE_SECONDS)), line -> {
                    if (line.equals("idle")) {
                        ready.complete(line);
                    }
                });
        CompletableFuture<Void> _ = clone.handle()
                .onExit()
                .thenAccept(_ -> ready.completeExceptionally(new IllegalStateException("it has ended")));
        try {
            String _ = ready.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return clone;
        } catch (ExecutionException | TimeoutException failure) {
            clone.close();
            throw new NeuroVisorException(Fault.TOOL_FAILED, "a bare VMM does not get ready", failure);
        } catch (InterruptedException interrupt) {
            clone.close();
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "cancelled", interrupt);
        }
    }

    private ToolCommand command(String what) {
        return ToolCommand.of(
                program.toString(),
                "neurovisor",
                what,
                scratch.resolve("clones-" + CLONES.incrementAndGet()).toString(),
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

package io.neurovisor.host.process;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The started processes of a run: drains their output and waits for their ends. */
final class ToolRun {
    /** The time for late messages after the programs' ends, from a grandchild that kept the pipe. */
    private static final Duration TRICKLE = Duration.ofSeconds(2);

    private static final int SIGPIPE_EXIT = 128 + 13;

    private final List<ToolCommand> pipeline;
    private final List<Process> processes;
    private final List<LineTail> tails;
    private final List<CompletableFuture<?>> messagePumps = new ArrayList<>();
    private CompletableFuture<?> outputPump = CompletableFuture.completedFuture(null);

    ToolRun(List<ToolCommand> pipeline, List<Process> processes) {
        this.pipeline = List.copyOf(pipeline);
        this.processes = List.copyOf(processes);
        this.tails = processes.stream().map(process -> new LineTail()).toList();
    }

    void drain(OutputReader output, Consumer<String> messages) {
        for (int i = 0; i < processes.size(); i++) {
            Process process = processes.get(i);
            LineTail tail = tails.get(i);
            OutputLines reader = new OutputLines(line -> {
                tail.add(line);
                messages.accept(line);
            });
            messagePumps.add(pump("messages", () -> reader.read(process.getErrorStream())));
        }
        Process last = processes.getLast();
        outputPump = pump("output", () -> output.read(last.getInputStream()));
    }

    /**
     * Waits until every program has ended and its output has been processed.
     *
     * @throws TimeoutException if the limit passes first
     * @throws IOException if the reader of the output fails
     */
    ToolResult await(Duration limit) throws InterruptedException, TimeoutException, IOException {
        CompletableFuture<?> exits =
                CompletableFuture.allOf(processes.stream().map(Process::onExit).toArray(CompletableFuture<?>[]::new));
        // A failing reader ends the run immediately instead of when the program notices.
        CompletableFuture<?> readerFailed = outputPump.thenCompose(_ -> new CompletableFuture<>());
        CompletableFuture<?> done = CompletableFuture.anyOf(CompletableFuture.allOf(exits, outputPump), readerFailed);
        try {
            done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            // A failing program closes its output early, which the reader may report first.
            awaitQuietly(CompletableFuture.allOf(exits, messagesRead()));
            ToolResult result = firstFailure();
            if (result.failed()) {
                return result;
            }
            switch (failure.getCause()) {
                case IOException reader -> throw reader;
                case RuntimeException reader -> throw reader;
                case null, default -> throw new IOException(failure);
            }
        }
        awaitQuietly(messagesRead());
        return firstFailure();
    }

    private CompletableFuture<?> messagesRead() {
        return CompletableFuture.allOf(messagePumps.toArray(CompletableFuture<?>[]::new));
    }

    private static void awaitQuietly(CompletableFuture<?> future) throws InterruptedException {
        try {
            future.get(TRICKLE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException late) {
            // The exit codes decide; only messages are missing.
        }
    }

    /**
     * Returns the first program that failed by itself: those before a broken pipe end by SIGPIPE, which explains
     * nothing.
     */
    private ToolResult firstFailure() {
        List<String> messages =
                tails.stream().flatMap(tail -> tail.lines().stream()).toList();
        List<ToolResult> failures = Stream.iterate(0, i -> i < processes.size(), i -> i + 1)
                .filter(i -> !processes.get(i).isAlive() && processes.get(i).exitValue() != 0)
                .map(i -> new ToolResult(
                        pipeline.get(i).program(), processes.get(i).exitValue(), messages))
                .toList();
        return failures.stream()
                .filter(failure -> failure.exitCode() != SIGPIPE_EXIT)
                .findFirst()
                .or(() -> failures.stream().findFirst())
                .orElseGet(() -> new ToolResult(pipeline.getFirst().program(), 0, List.of()));
    }

    /** Copies output in a platform thread, because a silent pipe would block the carrier of a virtual one. */
    private static CompletableFuture<?> pump(String what, Pump pump) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("tool-" + what).start(() -> {
            try {
                pump.run();
                done.complete(null);
            } catch (IOException | RuntimeException failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    private interface Pump {
        void run() throws IOException;
    }
}

package io.neurovisor.tests.lifecycle;

import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * A program that embeds NeuroVisor and requests two machines with a limit of one. Prints a line once the second request waits, then
 * waits to be killed. If it ends by itself, its exit code reports the results of both requests.
 */
final class QueuedProgram {
    static final int BOTH_WERE_REPORTED = 123;

    private static final Duration LONG = Duration.ofMinutes(5);

    private QueuedProgram() {}

    public static void main(String[] arguments) {
        Map<String, String> flags = Map.of("max", "1", "warm", "0", "acquire-timeout", "300s");
        Settings settings = new Settings(
                CommandLineRun.home(),
                LoadedConfig.load(flags, Optional.empty(), ProcessEnvironment.current())
                        .config());
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT)) {
            CompletableFuture<String> first = execution(neuroVisor);
            awaitStatus(neuroVisor, status -> status.active() == 1);
            CompletableFuture<String> second = execution(neuroVisor);
            awaitStatus(neuroVisor, status -> status.waiting() == 1);
            System.out.println("a request waits");
            boolean reported = first.join().equals(Outcome.SANDBOX_DIED.name())
                    && second.join().startsWith("refused: ");
            System.out.println(first.join() + ", " + second.join());
            System.exit(reported ? BOTH_WERE_REPORTED : 1);
        }
    }

    private static CompletableFuture<String> execution(NeuroVisor neuroVisor) {
        ExecutionRequest request = new ExecutionRequest(
                new TraceId(UUID.randomUUID()), new Program(Language.BASH, "sleep 1000"), LONG, SandboxSize.MEDIUM);
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        ExecutionResult result = neuroVisor.executions().execute(request, new RecordingSink());
                        return result.outcome().name();
                    } catch (NeuroVisorException refusal) {
                        return "refused: " + refusal.getMessage();
                    }
                },
                Thread::startVirtualThread);
    }

    private static void awaitStatus(NeuroVisor neuroVisor, Predicate<PoolStatus> reached) {
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> reached.test(neuroVisor.pool().status()));
    }
}

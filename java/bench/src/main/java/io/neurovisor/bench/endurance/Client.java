package io.neurovisor.bench.endurance;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.client.DaemonResult;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asks a daemon for one program and judges what it hears. */
final class Client {
    private static final Duration ASK_AGAIN_AFTER = Duration.ofMillis(200);
    private static final int MOST_ASKS = 300;

    private final TestedDaemon daemon;
    private final Optional<String> key;
    private final SandboxSize size;

    Client(TestedDaemon daemon, Optional<String> key, SandboxSize size) {
        this.daemon = requireNonNull(daemon, "daemon is null");
        this.key = requireNonNull(key, "key is null");
        this.size = requireNonNull(size, "size is null");
    }

    /** What a client throws that goes away. */
    private static final class GoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** What one who asked has been told. */
    private record Answer(End.How how, String detail, Optional<String> machine, Optional<Fault> fault) {
        static Answer of(End.How how, String detail) {
            return new Answer(how, detail, Optional.empty(), Optional.empty());
        }

        static Answer of(End.How how, String machine, Outcome outcome) {
            return new Answer(how, outcome.name(), Optional.of(machine), Optional.empty());
        }

        boolean isOfLostConnection() {
            return how == End.How.UNKNOWN && fault.equals(Optional.of(Fault.DAEMON_LOST));
        }
    }

    End run(Job job) throws InterruptedException {
        long startNanos = System.nanoTime();
        Answer answer = job.kind() == Kind.KEYED ? byKey(job) : once(job);
        return new End(answer.how(), answer.detail(), Duration.ofNanos(System.nanoTime() - startNanos));
    }

    private Answer once(Job job) throws InterruptedException {
        Received received = new Received(job.kind() == Kind.GONE ? Client::goAway : () -> {});
        try (DaemonClient client = daemon.connect(key)) {
            int killed = daemon.killed();
            return ask(killed, job, received, () -> client.execute(job.request(size), received));
        }
    }

    private static void goAway() {
        throw new GoneException();
    }

    /** First by one who goes away, then by two at once, who must hear the same; as often as it takes to hear an end. */
    private Answer byKey(Job job) throws InterruptedException {
        // Of one request: what is asked for again is the same in all its parts.
        ExecutionRequest request = job.request(size);
        Answer _ = keyed(job, request, Client::goAway);
        CompletableFuture<Answer> other = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                boolean _ = other.complete(untilEnd(job, request));
            } catch (InterruptedException | RuntimeException failure) {
                boolean _ = other.completeExceptionally(failure);
            }
        });
        Answer one = untilEnd(job, request);
        thread.join();
        Answer two = other.join();
        if (one.how() != two.how() || !one.machine().equals(two.machine())) {
            return Answer.of(End.How.WRONG, "was answered in two ways: " + one + " and " + two);
        }
        return one;
    }

    private Answer untilEnd(Job job, ExecutionRequest request) throws InterruptedException {
        Answer answer = keyed(job, request, () -> {});
        for (int asks = 1; isToBeAskedAgain(answer) && asks < MOST_ASKS; asks++) {
            boolean _ = new CountDownLatch(1).await(ASK_AGAIN_AFTER.toMillis(), TimeUnit.MILLISECONDS);
            answer = keyed(job, request, () -> {});
        }
        return answer;
    }

    /** Who has lost the daemon, or was told to wait, may still learn how it ended. */
    private static boolean isToBeAskedAgain(Answer answer) {
        return answer.how() == End.How.REFUSED || answer.isOfLostConnection();
    }

    private Answer keyed(Job job, ExecutionRequest request, Runnable first) throws InterruptedException {
        Received received = new Received(first);
        try (DaemonClient client = daemon.connect(key)) {
            int killed = daemon.killed();
            return ask(killed, job, received, () -> client.executeOnce(job.token(), request, received));
        }
    }

    private interface Asking {
        DaemonResult ask();
    }

    private Answer ask(int killedBefore, Job job, Received received, Asking asking) {
        try {
            DaemonResult served = asking.ask();
            String machine = served.result().vmId().value();
            Outcome outcome = served.result().outcome();
            if (outcome == Outcome.SANDBOX_DIED) {
                return Answer.of(End.How.DIED, machine, outcome);
            }
            return job.complaint(served, received)
                    .map(complaint -> Answer.of(End.How.WRONG, complaint))
                    .orElseGet(() -> Answer.of(End.How.RIGHT, machine, outcome));
        } catch (GoneException wanted) {
            return Answer.of(End.How.GONE, "");
        } catch (NeuroVisorException exception) {
            return new Answer(
                    how(exception, daemon.killed() > killedBefore),
                    exception.fault() + ": " + exception.getMessage(),
                    Optional.empty(),
                    Optional.of(exception.fault()));
        }
    }

    private End.How how(NeuroVisorException exception, boolean killedMeanwhile) {
        if (exception.fault() == Fault.DAEMON_LOST) {
            return killedMeanwhile ? End.How.UNKNOWN : End.How.WRONG;
        }
        if (exception.fault() == Fault.EXECUTION_LOST) {
            return daemon.killed() > 0 ? End.How.UNKNOWN : End.How.WRONG;
        }
        FaultKind kind = exception.fault().kind();
        return kind == FaultKind.CAPACITY || kind == FaultKind.SANDBOX ? End.How.REFUSED : End.How.WRONG;
    }
}

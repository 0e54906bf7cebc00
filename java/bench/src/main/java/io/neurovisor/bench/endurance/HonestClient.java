package io.neurovisor.bench.endurance;

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

/** Sends requests to a daemon and checks the results. */
record HonestClient(TestedDaemon daemon, Optional<String> key, SandboxSize size) {
    private static final Duration ASK_AGAIN_AFTER = Duration.ofMillis(200);
    private static final int MOST_ASKS = 300;

    private static final class GoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private record Answer(RequestOutcome.How how, String detail, Optional<String> machine, Optional<Fault> fault) {
        static Answer of(RequestOutcome.How how, String detail) {
            return new Answer(how, detail, Optional.empty(), Optional.empty());
        }

        static Answer of(RequestOutcome.How how, String machine, Outcome outcome) {
            return new Answer(how, outcome.name(), Optional.of(machine), Optional.empty());
        }

        boolean isOfLostConnection() {
            return how == RequestOutcome.How.UNKNOWN && fault.equals(Optional.of(Fault.DAEMON_LOST));
        }
    }

    RequestOutcome run(ClientRequest planned) throws InterruptedException {
        long startNanos = System.nanoTime();
        Answer answer = planned.kind() == RequestKind.KEYED ? byKey(planned) : once(planned);
        return new RequestOutcome(answer.how(), answer.detail(), Duration.ofNanos(System.nanoTime() - startNanos));
    }

    private Answer once(ClientRequest planned) throws InterruptedException {
        ReceivedOutput received =
                new ReceivedOutput(planned.kind() == RequestKind.GONE ? HonestClient::goAway : () -> {});
        // Before the connection: its daemon may be killed immediately afterwards.
        int killed = daemon.ended();
        try (DaemonClient client = daemon.connect(key)) {
            return ask(killed, planned, received, () -> client.execute(planned.request(size), received));
        }
    }

    private static void goAway() {
        throw new GoneException();
    }

    /**
     * Sends a keyed request from a client that disconnects, then from two clients simultaneously, which must receive the same
     * result. Repeats the calls until the execution has ended.
     */
    private Answer byKey(ClientRequest planned) throws InterruptedException {
        // A repeated call must carry exactly the same request.
        ExecutionRequest request = planned.request(size);
        Answer _ = keyed(planned, request, HonestClient::goAway);
        CompletableFuture<Answer> other = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                boolean _ = other.complete(untilEnd(planned, request));
            } catch (InterruptedException | RuntimeException failure) {
                boolean _ = other.completeExceptionally(failure);
            }
        });
        Answer one = untilEnd(planned, request);
        thread.join();
        Answer two = other.join();
        if (one.how() != two.how() || !one.machine().equals(two.machine())) {
            return Answer.of(RequestOutcome.How.WRONG, "had two different answers: " + one + " and " + two);
        }
        return one;
    }

    private Answer untilEnd(ClientRequest planned, ExecutionRequest request) throws InterruptedException {
        Answer answer = keyed(planned, request, () -> {});
        for (int asks = 1; isToBeAskedAgain(answer) && asks < MOST_ASKS; asks++) {
            boolean _ = new CountDownLatch(1).await(ASK_AGAIN_AFTER.toMillis(), TimeUnit.MILLISECONDS);
            answer = keyed(planned, request, () -> {});
        }
        return answer;
    }

    /** After a lost connection or a rejection the outcome can still be asked for. */
    private static boolean isToBeAskedAgain(Answer answer) {
        return answer.how() == RequestOutcome.How.REFUSED || answer.isOfLostConnection();
    }

    private Answer keyed(ClientRequest planned, ExecutionRequest request, Runnable first) throws InterruptedException {
        ReceivedOutput received = new ReceivedOutput(first);
        int killed = daemon.ended();
        try (DaemonClient client = daemon.connect(key)) {
            return ask(killed, planned, received, () -> client.executeOnce(planned.token(), request, received));
        }
    }

    private interface Asking {
        DaemonResult ask();
    }

    private Answer ask(int killedBefore, ClientRequest planned, ReceivedOutput received, Asking asking) {
        try {
            DaemonResult served = asking.ask();
            String machine = served.result().vmId().value();
            Outcome outcome = served.result().outcome();
            if (outcome == Outcome.SANDBOX_DIED) {
                return Answer.of(RequestOutcome.How.DIED, machine, outcome);
            }
            return planned.complaint(served, received)
                    .map(complaint -> Answer.of(RequestOutcome.How.WRONG, complaint))
                    .orElseGet(() -> Answer.of(RequestOutcome.How.RIGHT, machine, outcome));
        } catch (GoneException wanted) {
            return Answer.of(RequestOutcome.How.GONE, "");
        } catch (NeuroVisorException exception) {
            return new Answer(
                    how(exception, daemon.ended() > killedBefore),
                    exception.fault() + ": " + exception.getMessage(),
                    Optional.empty(),
                    Optional.of(exception.fault()));
        }
    }

    private RequestOutcome.How how(NeuroVisorException exception, boolean killedMeanwhile) {
        if (exception.fault() == Fault.DAEMON_LOST) {
            return killedMeanwhile ? RequestOutcome.How.UNKNOWN : RequestOutcome.How.WRONG;
        }
        if (exception.fault() == Fault.EXECUTION_LOST) {
            return daemon.ended() > 0 ? RequestOutcome.How.UNKNOWN : RequestOutcome.How.WRONG;
        }
        FaultKind kind = exception.fault().kind();
        return kind == FaultKind.CAPACITY || kind == FaultKind.SANDBOX
                ? RequestOutcome.How.REFUSED
                : RequestOutcome.How.WRONG;
    }
}

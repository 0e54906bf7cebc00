package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
import io.neurovisor.server.client.DaemonClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Exceeds the rate limit of a daemon as a client, and that of the host as a guest. */
final class RateLimitProof {
    /** The default of the daemon. */
    private static final int CAPACITY = 100;

    private static final int CALLS_A_SECOND = 50;
    private static final int MOST_CALLS = 5_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private RateLimitProof() {}

    static void run(ExampleRun run) {
        client(run, run.daemon().client());
        guest(run);
    }

    /** Repeats a call with an idempotency key, whose stored result needs no machine. */
    private static void client(ExampleRun run, DaemonClient client) {
        ExecutionRequest request = run.request(Language.BASH, "echo once");
        Optional<String> refusal = ask(client, request);
        long startNanos = System.nanoTime();
        int answered = 0;
        while (refusal.isEmpty() && answered < MOST_CALLS) {
            refusal = ask(client, request);
            answered += refusal.isEmpty() ? 1 : 0;
        }
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        double allowed = CAPACITY + CALLS_A_SECOND * seconds + 1;
        run.check(
                refusal.isPresent() && answered <= allowed && answered >= CAPACITY - 1,
                "%d calls in %.1f s were answered, of at most %.0f".formatted(answered, seconds, allowed));
        run.check(
                refusal.orElse("").contains("exceeds its rate limit; try again in"),
                "the next was rejected: " + ExampleRun.shown(refusal.orElse("(nothing)")));
        LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
        run.check(ask(client, request).isEmpty(), "a second later the same client was served");
    }

    private static Optional<String> ask(DaemonClient client, ExecutionRequest request) {
        try {
            client.executeOnce("rate-limit-proof", request, new CollectedOutput(_ -> {}));
            return Optional.empty();
        } catch (NeuroVisorException refused) {
            return Optional.of(String.valueOf(refused.getMessage()));
        }
    }

    private static void guest(ExampleRun run) {
        GuestRateLimit rateLimit = new GuestRateLimit(Ticker.SYSTEM);
        try (FloodingGuest guest = FloodingGuest.start();
                GuestLinks links = new GuestLinks(InstantSource.system());
                GuestChannel channel = links.open(guest.socket(), rateLimit)) {
            String end = greeted(channel);
            run.check(
                    end.contains("the guest agent began more than"),
                    "a guest that sends endless pings was disconnected: " + ExampleRun.shown(end));
            run.note(rateLimit.state().detail());
        }
    }

    private static String greeted(GuestChannel channel) {
        try {
            return channel.hello(Deadline.after(PATIENCE, Ticker.SYSTEM)).agentVersion();
        } catch (NeuroVisorException hungUp) {
            return String.valueOf(hungUp.getMessage());
        }
    }
}

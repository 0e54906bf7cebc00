package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Retries requests after transient failures, with back-off. Requests have no side effects and only complete replies count, so a
 * retry is safe.
 */
public final class RetryingModel extends ForwardingModel {
    private static final int ATTEMPTS = 4;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Pause pause;
    private final RandomGenerator random;
    private final Ticker ticker;

    /** Waits for a duration. */
    @FunctionalInterface
    public interface Pause {
        void await(Duration duration) throws InterruptedException;
    }

    public RetryingModel(Model model, Pause pause, RandomGenerator random, Ticker ticker) {
        super(model);
        this.pause = requireNonNull(pause, "pause is null");
        this.random = requireNonNull(random, "random is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        Deadline deadline = Deadline.after(request.timeout(), ticker);
        for (int attempt = 1; ; attempt++) {
            try {
                return model().ask(request.withTimeout(deadline.remaining()), listener);
            } catch (ModelFailure failure) {
                Duration wait = pauseAfter(attempt, failure);
                if (!failure.reason().isTransient()
                        || attempt == ATTEMPTS
                        || wait.compareTo(deadline.remaining()) >= 0) {
                    throw failure;
                }
                listener.retry(failure.explanation());
                await(wait);
            }
        }
    }

    /** Returns a pause that doubles with each attempt, with random jitter so that clients do not retry simultaneously. */
    private Duration pauseAfter(int attempt, ModelFailure failure) {
        long whole = FIRST_PAUSE.toMillis() << (attempt - 1);
        Duration backOff = Duration.ofMillis(whole / 2 + random.nextLong(whole / 2 + 1));
        Duration wanted = failure.retryAfter().compareTo(backOff) > 0 ? failure.retryAfter() : backOff;
        return wanted.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wanted;
    }

    private void await(Duration wait) {
        try {
            pause.await(wait);
        } catch (InterruptedException exception) {
            throw new ModelFailure(ModelFailure.Reason.CANCELLED, "cancelled", exception);
        }
    }
}

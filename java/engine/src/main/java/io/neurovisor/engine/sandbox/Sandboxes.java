package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The living sandboxes of a process. Safe for use by many threads.
 *
 * <ul>
 *   <li>A call for a sandbox of another owner fails as for one that never existed: {@code SANDBOX_UNKNOWN}. For 24 hours
 *       the message for its owner says how and when it ended.
 *   <li>A call for a sandbox that is being created waits for at most 10 seconds, then fails with {@code SANDBOX_BUSY}.
 *   <li>A machine is killed before the call that ends its sandbox returns.
 * </ul>
 */
public final class Sandboxes implements AutoCloseable {
    /** @param most the most sandboxes that may exist at the same time */
    public Sandboxes(
            int most,
            WarmPool pool,
            SandboxRecords records,
            SandboxListener listener,
            Ticker ticker,
            InstantSource clock,
            RandomGenerator strongRandom) {}

    /** Remembers the sandboxes that have ended before, and begins to end those whose time has passed. */
    public void start() {}

    /**
     * Creates a sandbox from a machine of the pool and returns it when it runs. Interrupting the thread does not end the
     * creation.
     *
     * <p>With an idempotency key, returns the sandbox of this owner that was created with the same key, unless it ended
     * more than 15 minutes ago.
     *
     * @param deadline the time until which the caller waits
     */
    public Sandbox create(SandboxSpec spec, SandboxOwner owner, Deadline deadline) {
        throw new UnsupportedOperationException();
    }

    /** Returns a sandbox that has not ended. */
    public Sandbox require(SandboxId id, String owner) {
        throw new UnsupportedOperationException();
    }

    /** Returns a sandbox of the owner, also after its end; empty if it is unknown. */
    public Optional<Sandbox> find(SandboxId id, String owner) {
        throw new UnsupportedOperationException();
    }

    /** Returns the sandboxes of an owner and those that ended in the last 24 hours, the newest first. */
    public List<Sandbox> list(String owner) {
        throw new UnsupportedOperationException();
    }

    /** Returns the sandboxes of all owners that have not ended, the newest first. */
    public List<Sandbox> all() {
        throw new UnsupportedOperationException();
    }

    /** Waits until the sandbox runs and extends its life to at least this time from now. */
    public Sandbox extend(SandboxId id, String owner, Duration timeout) {
        throw new UnsupportedOperationException();
    }

    /** Sets the rest of a sandbox's life, counted from now; zero ends it. */
    public Sandbox setTimeout(SandboxId id, String owner, Duration timeout) {
        throw new UnsupportedOperationException();
    }

    /** Ends a sandbox; returns false if it had ended before. */
    public boolean kill(SandboxId id, String owner, SandboxEnd end) {
        throw new UnsupportedOperationException();
    }

    /** Ends all sandboxes of an owner, also those that are being created; returns how many. */
    public int killAll(String owner, SandboxEnd end) {
        throw new UnsupportedOperationException();
    }

    /** Rejects further creations, ends all sandboxes and waits until their machines are killed. */
    @Override
    public void close() {}
}

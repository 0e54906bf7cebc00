package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the tokens that models read and write for keys with a budget. The count is on the disk: it outlives the process.
 *
 * <p>A call is admitted while the budget is not used up, and counted when it has ended: calls that were under way together may
 * exceed the budget by what they use. Tokens that cannot be written are kept in memory, and until they are written no further
 * call of the key is admitted.
 */
public final class TokenBudgets {
    private static final Logger LOG = LoggerFactory.getLogger(TokenBudgets.class);

    private final ApiKeys keys;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();

    /** Tokens that are not on the disk yet, by the id of their key. */
    private final Map<Long, Long> unwritten = new HashMap<>();

    public TokenBudgets(ApiKeys keys, InstantSource clock) {
        this.keys = requireNonNull(keys, "keys is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    /**
     * Returns when a model may be asked for the tenant.
     *
     * @throws NeuroVisorException {@code TOKENS_EXCEEDED} when the budget of today is used up, another when the tokens cannot be
     *     counted; no model may be asked then
     */
    public void admit(Tenant tenant) {
        if (tenant instanceof Tenant.KeyHolder(AccessKey key)) {
            key.grant().tokens().ifPresent(budget -> admit(key, budget));
        }
    }

    private void admit(AccessKey key, TokenBudget budget) {
        long used = add(key, 0);
        if (used >= budget.tokensPerDay()) {
            Instant now = clock.instant();
            Instant tomorrow = now.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
            throw NeuroVisorException.later(
                    Fault.TOKENS_EXCEEDED,
                    "key %s has used %d tokens of its %s; it has a new budget from %s on"
                            .formatted(key.grant().name(), used, budget, tomorrow),
                    Duration.between(now, tomorrow));
        }
    }

    /** Counts the tokens of a call that has ended. Never fails: what cannot be written now is written later. */
    public void use(Tenant tenant, long tokens) {
        if (tokens > 0
                && tenant instanceof Tenant.KeyHolder(AccessKey key)
                && key.grant().tokens().isPresent()) {
            try {
                long _ = add(key, tokens);
            } catch (NeuroVisorException failure) {
                LOG.error(
                        "{} tokens of key {} are not counted yet, so it can ask no model: {}",
                        tokens,
                        key.grant().name(),
                        failure.getMessage());
            }
        }
    }

    /** Returns the tokens of today, those included. */
    private long add(AccessKey key, long tokens) {
        lock.lock();
        try {
            long all = unwritten.merge(key.id(), tokens, Long::sum);
            long used = keys.addTokens(key, all);
            unwritten.remove(key.id());
            return used;
        } finally {
            lock.unlock();
        }
    }
}

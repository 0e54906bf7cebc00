package io.neurovisor.server.access;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.TokenBudget;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the tokens that models read and write for keys with a budget. The count is stored on disk.
 *
 * <p>A call is admitted while the budget is not used up and counted when it has ended, so concurrent calls may exceed
 * the budget by what they use. Tokens that cannot be stored are kept in memory; until they are stored, further calls of
 * the key are rejected.
 */
public final class TokenBudgets {
    private static final Logger LOG = LoggerFactory.getLogger(TokenBudgets.class);

    private final ApiKeys keys;
    private final InstantSource clock;
    private final Object lock = new Object();

    /** Tokens that are not stored yet, by the id of their key. */
    private final Map<Long, Long> unwritten = new HashMap<>();

    public TokenBudgets(ApiKeys keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    /**
     * Checks the budget of the tenant before a model is asked.
     *
     * @throws NeuroVisorException {@code TOKENS_EXCEEDED} if the budget of the day is used up, or another fault if
     *     tokens cannot be counted; in both cases no model may be asked
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

    /** Counts the tokens of a call that has ended. Never fails: tokens that cannot be stored now are stored later. */
    public void use(Tenant tenant, long tokens) {
        if (tokens > 0
                && tenant instanceof Tenant.KeyHolder(AccessKey key)
                && key.grant().tokens().isPresent()) {
            try {
                long _ = add(key, tokens);
            } catch (NeuroVisorException failure) {
                LOG.error(
                        "{} tokens of key {} cannot be counted, so its calls to models are rejected: {}",
                        tokens,
                        key.grant().name(),
                        failure.getMessage());
            }
        }
    }

    /** Returns the tokens of today, including these. */
    private long add(AccessKey key, long tokens) {
        synchronized (lock) {
            long all = unwritten.merge(key.id(), tokens, Long::sum);
            long used = keys.addTokens(key, all);
            unwritten.remove(key.id());
            return used;
        }
    }
}

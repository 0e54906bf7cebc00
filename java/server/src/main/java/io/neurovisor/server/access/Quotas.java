package io.neurovisor.server.access;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.Quota;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/** Counts the executions of keys that have a quota. The count is stored on disk. */
public record Quotas(ApiKeys keys, InstantSource clock) {
    /**
     * Counts an execution before it starts.
     *
     * @throws NeuroVisorException {@code QUOTA_EXCEEDED} if the tenant has used its quota of the day, or another fault
     *     if the execution cannot be counted; in both cases it must not start
     */
    public void admit(Tenant tenant) {
        if (tenant instanceof Tenant.KeyHolder(AccessKey key)) {
            key.grant().quota().ifPresent(quota -> admit(key, quota));
        }
    }

    private void admit(AccessKey key, Quota quota) {
        if (!keys.count(key, quota)) {
            Instant now = clock.instant();
            Instant tomorrow = now.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
            throw NeuroVisorException.later(
                    Fault.QUOTA_EXCEEDED,
                    "key %s has used its quota of %s; it has a new one from %s on"
                            .formatted(key.grant().name(), quota, tomorrow),
                    Duration.between(now, tomorrow));
        }
    }
}

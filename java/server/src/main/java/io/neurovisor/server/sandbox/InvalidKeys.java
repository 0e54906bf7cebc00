package io.neurovisor.server.sandbox;

import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the sandboxes of keys that were revoked or have expired, and deletes their snapshots, because no client can use or remove
 * them any longer.
 */
public final class InvalidKeys {
    private static final Logger LOG = LoggerFactory.getLogger(InvalidKeys.class);

    private final Sandboxes sandboxes;
    private final Snapshots snapshots;
    private final ApiKeys keys;
    private final InstantSource clock;

    /** The owners whose failure has been logged, because the next look follows within a second. */
    private final Set<String> failing = new HashSet<>();

    public InvalidKeys(Sandboxes sandboxes, Snapshots snapshots, ApiKeys keys, InstantSource clock) {
        this.sandboxes = sandboxes;
        this.snapshots = snapshots;
        this.keys = keys;
        this.clock = clock;
    }

    /** Ends the sandboxes of all keys that are not valid by now. A failure for one key is logged. For one thread. */
    public void look() {
        Set<String> owners = owners();
        failing.retainAll(owners);
        owners.forEach(this::look);
    }

    private Set<String> owners() {
        return Stream.concat(
                        sandboxes.all().stream().map(sandbox -> sandbox.record().owner()),
                        snapshots.all().stream().map(Snapshot::owner))
                .filter(owner -> owner.startsWith(Tenant.KeyHolder.PREFIX))
                .collect(Collectors.toSet());
    }

    private void look(String owner) {
        try {
            Optional<SandboxEnd> reason = reason(owner.substring(Tenant.KeyHolder.PREFIX.length()));
            if (reason.isPresent()) {
                int ended = sandboxes.killAll(owner, reason.get());
                List<Snapshot> deleted = snapshots.list(owner);
                deleted.forEach(snapshots::delete);
                LOG.info(
                        "ended {} sandboxes of {} and deleted {} snapshots: {}",
                        ended,
                        owner,
                        deleted.size(),
                        reason.get());
            }
            failing.remove(owner);
        } catch (RuntimeException failure) {
            if (failing.add(owner)) {
                LOG.warn(
                        "the sandboxes of {} do not end now, even if it is not valid: {}", owner, failure.getMessage());
            }
        }
    }

    /** Returns why the sandboxes of a key end; empty if it is valid. A key that never existed counts as revoked. */
    private Optional<SandboxEnd> reason(String name) {
        Optional<AccessKey> key =
                keys.find(name).filter(known -> known.revoked().isEmpty());
        if (key.isEmpty()) {
            return Optional.of(SandboxEnd.REVOKED);
        }
        return key.flatMap(known -> known.grant().expiry())
                .filter(expiry -> expiry.isOver(clock.instant()))
                .map(_ -> SandboxEnd.KEY_EXPIRED);
    }
}

package io.neurovisor.server.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.ApiKeys;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the sandboxes of keys that were revoked. */
public final class RevokedKeys {
    private static final Logger LOG = LoggerFactory.getLogger(RevokedKeys.class);

    private final Sandboxes sandboxes;
    private final ApiKeys keys;
    private boolean failed;

    public RevokedKeys(Sandboxes sandboxes, ApiKeys keys) {
        this.sandboxes = sandboxes;
        this.keys = keys;
    }

    /** Ends the sandboxes of all keys that are revoked by now. For one thread. */
    public void look() {
        try {
            owners().forEach(this::endIfRevoked);
            failed = false;
        } catch (NeuroVisorException failure) {
            if (!failed) {
                LOG.warn("sandboxes of revoked keys are not ended now: {}", failure.getMessage());
            }
            failed = true;
        }
    }

    private Set<String> owners() {
        return sandboxes.all().stream()
                .map(sandbox -> sandbox.record().owner())
                .filter(owner -> owner.startsWith(Tenant.KeyHolder.PREFIX))
                .collect(Collectors.toSet());
    }

    private void endIfRevoked(String owner) {
        if (keys.isRevoked(owner.substring(Tenant.KeyHolder.PREFIX.length()))) {
            int ended = sandboxes.killAll(owner, SandboxEnd.REVOKED);
            LOG.info("ended {} sandboxes of {}, which was revoked", ended, owner);
        }
    }
}

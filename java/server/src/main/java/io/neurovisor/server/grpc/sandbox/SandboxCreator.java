package io.neurovisor.server.grpc.sandbox;

import io.grpc.Context;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.sandbox.TenantSandboxes;
import io.neurovisor.server.sandbox.TenantSnapshots;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * Creates sandboxes of images, snapshots and templates as requests ask for them.
 *
 * @param defaults for what they leave open
 * @param available returns the kind if its image can be used, or throws a fault
 */
public record SandboxCreator(
        TenantSandboxes sandboxes, TenantSnapshots snapshots, Defaults defaults, UnaryOperator<MachineKind> available) {
    /**
     * What applies to requests that leave it open.
     *
     * @param timeout of a sandbox
     * @param createLimit how long a creation may take
     */
    public record Defaults(MachineKind kind, Duration timeout, Duration createLimit) {
        /** The time for a machine to become a sandbox, after the time that a request may wait for a machine. */
        private static final Duration ADOPTION_LIMIT = Duration.ofSeconds(30);

        public static Defaults of(Config config) {
            return new Defaults(
                    new MachineKind(config.guest().image(), config.guest().size()),
                    config.sandbox().timeout(),
                    config.pool().acquireTimeout().plus(ADOPTION_LIMIT));
        }
    }

    Sandbox create(CreateRequest request) {
        Optional<Snapshot> snapshot = snapshots.find(request.getTemplate());
        SandboxSpec spec = snapshot.map(begin -> SandboxRequests.spec(request, begin, defaults.timeout()))
                .orElseGet(() -> SandboxRequests.spec(request, defaults.kind(), defaults.timeout()));
        if (snapshot.isEmpty()) {
            SandboxRequests.requireImage(available, spec.kind());
        }
        return sandboxes.create(spec, snapshot, deadline(Duration.ZERO));
    }

    /** Returns the time until which a call waits: the client's, but at most that of a creation and the addition from now. */
    Deadline deadline(Duration addition) {
        Duration most = defaults.createLimit().plus(addition);
        Duration limit = Optional.ofNullable(Context.current().getDeadline())
                .map(deadline -> Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS))))
                .filter(remaining -> remaining.compareTo(most) < 0)
                .orElse(most);
        return Deadline.after(limit, Ticker.SYSTEM);
    }
}

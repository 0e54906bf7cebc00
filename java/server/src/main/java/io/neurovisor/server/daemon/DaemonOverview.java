package io.neurovisor.server.daemon;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.pool.MemoryHeadroom;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.ProductVersion;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.overview.LivingSandbox;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.RecentExecutions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/** Collects the status of a daemon. */
final class DaemonOverview implements Supplier<Overview> {
    private final NeuroVisor neuroVisor;
    private final Config config;
    private final Readiness readiness;
    private final Supplier<List<LayerState>> layers;
    private final RecentExecutions executions;
    private final Supplier<List<Sandbox>> sandboxes;
    private final InstantSource clock;
    private final Instant startedAt;

    /**
     * @param layers as read from the machine that was started last
     * @param sandboxes returns those that have not ended, the newest first
     */
    DaemonOverview(
            NeuroVisor neuroVisor,
            Config config,
            Readiness readiness,
            Supplier<List<LayerState>> layers,
            RecentExecutions executions,
            Supplier<List<Sandbox>> sandboxes,
            InstantSource clock) {
        this.neuroVisor = neuroVisor;
        this.config = config;
        this.readiness = readiness;
        this.layers = layers;
        this.executions = executions;
        this.sandboxes = sandboxes;
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    private int room() {
        MemoryHeadroom room = neuroVisor.pool().room();
        return room.isKnown() ? room.machines() : config.pool().max();
    }

    @Override
    public Overview get() {
        String obstacle = readiness.obstacle().orElse("");
        return new Overview(
                clock.instant(),
                startedAt,
                ProductVersion.current(),
                obstacle.isEmpty(),
                Overview.remark(obstacle),
                Overview.Vmm.of(
                        neuroVisor.vmm(),
                        neuroVisor.accelerator().isKvm(),
                        neuroVisor.vmmReason(),
                        neuroVisor.accelerator().reason()),
                Overview.Pool.of(
                        neuroVisor.pool().status(),
                        config.pool().warm(),
                        config.pool().max(),
                        room()),
                layers.get().stream().map(Overview.Protection::of).toList(),
                executions.activity(),
                sandboxes.get().stream().map(LivingSandbox::of).toList());
    }
}

package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.SandboxSource;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxFactory;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Starts sandboxes from the images of the data directory and their templates. */
final class ImageSandboxes implements SandboxSource {
    private final SandboxFactory factory;
    private final ImageStarts starts;
    private final Duration limit;

    /** @param limit for the start of a machine, excluding the build of a missing template */
    ImageSandboxes(SandboxFactory factory, ImageStarts starts, Duration limit) {
        this.factory = requireNonNull(factory, "factory is null");
        this.starts = requireNonNull(starts, "starts is null");
        this.limit = requireNonNull(limit, "limit is null");
    }

    @Override
    public VmId newId() {
        return factory.newId();
    }

    @Override
    public void make(MachineKind kind) {
        VmStart _ = starts.start(kind);
    }

    @Override
    public Sandbox open(VmId id, MachineKind kind) {
        VmStart start = starts.start(kind); // Rebuilds a template that was removed meanwhile.
        return factory.open(id, start, Deadline.after(limit, Ticker.SYSTEM));
    }

    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return factory.gone(id);
    }
}

package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.time.Deadline;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;

/** The sandboxes of the daemon that starts after the one of a test, with the same records, store and VMM. */
final class NextDaemon implements AutoCloseable {
    final Sandboxes sandboxes;

    private final SandboxesFixture fixture;
    private final WarmPool pool;

    NextDaemon(SandboxesFixture fixture) {
        this.fixture = fixture;
        this.pool = fixture.newPool();
        fixture.recorded.paused = List.copyOf(fixture.sandboxes.all().stream()
                .map(Sandbox::record)
                .filter(SandboxRecord::isPaused)
                .toList());
        this.sandboxes = new Sandboxes(
                new Sandboxes.Limits(SandboxesFixture.MOST, SandboxesFixture.MOST_PAUSED),
                pool,
                new MachineSaving(fixture.checkpoints, fixture.vmm.identity(), fixture.vmm),
                fixture.recorded,
                fixture.recorded,
                fixture.ticker,
                () -> fixture.systemTime,
                new Random(2),
                task -> fixture.executor.execute(task),
                new ReentrantLock());
        sandboxes.start();
    }

    @Override
    public void close() {
        sandboxes
                .list(SandboxesFixture.NAME)
                .forEach(sandbox -> sandboxes.kill(sandbox.id(), SandboxesFixture.NAME, SandboxEnd.KILLED));
        sandboxes.close();
        assertThat(pool.drain(Deadline.after(SandboxesFixture.LONG, fixture.ticker)))
                .isTrue();
        fixture.recorded.isFollowed = true;
    }
}

package io.neurovisor.host.spawner;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The loss of a spawner, which is replaced by a process that reads until the end of its input. */
final class SpawnerLossTest {
    private final Process process;
    private final Spawner spawner;
    private final Thread events;

    SpawnerLossTest() throws IOException {
        process = new ProcessBuilder("cat").start();
        spawner = new Spawner(process, Path.of("/run/neurovisor"));
        events = Thread.ofPlatform().daemon().start(spawner::readEvents);
    }

    @Test
    void reportsASpawnerThatDies() throws Exception {
        process.destroyForcibly();
        NeuroVisorException reason = spawner.lost().get(60, TimeUnit.SECONDS);
        assertThat(reason.fault()).isEqualTo(Fault.SPAWNER_FAILED);
        assertThat(reason).hasMessageContaining("the spawner has ended, and with it every virtual machine");
    }

    @Test
    void doesNotReportASpawnerThatWasClosed() throws InterruptedException {
        spawner.close();
        events.join();
        assertThat(spawner.lost()).isNotDone();
    }
}

package io.neurovisor.host.spawner;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;

/** Arbitrary events of a spawner, which contain output and attempts of VMMs. */
@Tag("fuzz")
final class SpawnerEventsFuzzTest {
    /** After the last event, or one that makes no sense, no reply is pending. */
    @FuzzTest
    void events(byte[] events) {
        Spawner spawner = new Spawner(new EndedSpawner(events), Path.of("/run/neurovisor"));
        PendingVmm first = spawner.replies().expectVmm("vm-0");
        PendingVmm second = spawner.replies().expectVmm("vm-1");
        try {
            spawner.readEvents();
        } catch (NeuroVisorException senseless) {
            assertThat(senseless.getMessage()).isNotBlank();
        }
        for (PendingVmm vmm : new PendingVmm[] {first, second}) {
            assertThat(vmm.started()).isDone();
            assertThat(vmm.exited()).isDone();
            try {
                assertThat(vmm.exited().join().describe()).isNotBlank();
            } catch (CompletionException lost) {
                assertThat(lost).hasCauseInstanceOf(NeuroVisorException.class);
            }
        }
    }

    /** A spawner that has ended after its last event. */
    private static final class EndedSpawner extends Process {
        private final InputStream events;

        EndedSpawner(byte[] events) {
            this.events = new ByteArrayInputStream(events);
        }

        @Override
        public OutputStream getOutputStream() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public InputStream getInputStream() {
            return events;
        }

        @Override
        public InputStream getErrorStream() {
            return InputStream.nullInputStream();
        }

        @Override
        public int waitFor() {
            return 0;
        }

        @Override
        public int exitValue() {
            return 0;
        }

        @Override
        public void destroy() {}
    }
}

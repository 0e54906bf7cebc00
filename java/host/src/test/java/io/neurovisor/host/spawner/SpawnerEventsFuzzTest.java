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

/** Whatever the spawner tells, in which there is what VMMs have written and tried. */
@Tag("fuzz")
final class SpawnerEventsFuzzTest {
    /** Once it says no more, or what means nothing, nobody waits for it. */
    @FuzzTest
    void events(byte[] told) {
        Spawner spawner = new Spawner(new Telling(told), Path.of("/run/neurovisor"));
        PendingVmm first = spawner.awaited("vm-0");
        PendingVmm second = spawner.awaited("vm-1");
        try {
            spawner.readEvents();
        } catch (NeuroVisorException meansNothing) {
            assertThat(meansNothing.getMessage()).isNotBlank();
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

    /** A spawner that has ended after its last word. */
    private static final class Telling extends Process {
        private final InputStream told;

        Telling(byte[] told) {
            this.told = new ByteArrayInputStream(told);
        }

        @Override
        public OutputStream getOutputStream() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public InputStream getInputStream() {
            return told;
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

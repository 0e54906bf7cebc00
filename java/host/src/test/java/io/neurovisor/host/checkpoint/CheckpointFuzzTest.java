package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** Arbitrary bytes in the place of the manifest of a checkpoint. */
@Tag("fuzz")
final class CheckpointFuzzTest {
    private static final CheckpointName NAME = new CheckpointName(new SandboxId("a".repeat(20)), 3);

    /** Decoding yields the manifest of this checkpoint, whose files are plain names, or a fault that names the sandbox. */
    @FuzzTest
    void manifest(byte[] content) {
        try {
            CheckpointManifest manifest = ManifestJson.parse(content, NAME);
            assertThat(manifest.name()).isEqualTo(NAME);
            assertThat(manifest.format()).isEqualTo(CheckpointManifest.FORMAT);
            assertThat(manifest.machineFiles().states().keySet())
                    .allSatisfy(name -> assertThat(
                                    Path.of("directory").resolve(name).normalize())
                            .isEqualTo(Path.of("directory", name)));
            assertThat(Path.of(manifest.template().directory())).isAbsolute();
        } catch (NeuroVisorException damaged) {
            assertThat(damaged.fault()).isIn(Fault.CHECKPOINT_DAMAGED, Fault.CHECKPOINT_FOREIGN);
            assertThat(damaged).hasMessageContaining(NAME.sandbox().value());
        }
    }
}

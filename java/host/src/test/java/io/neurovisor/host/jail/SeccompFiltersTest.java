package io.neurovisor.host.jail;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.probe.ProbeCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A filter is compiled once, and again if the cached bytes have changed. */
final class SeccompFiltersTest {
    private static final byte[] QEMU = SeccompPolicy.qemu().compile(Libseccomp.locate());

    @TempDir
    Path directory;

    @Test
    void cachedFilterEqualsTheCompiledOne() throws IOException {
        Path file = directory.resolve("probes");
        assertThat(filters(file).qemu()).isEqualTo(QEMU);
        String kept = Files.readString(file);
        assertThat(filters(file).qemu()).isEqualTo(QEMU);
        assertThat(Files.readString(file)).as("not written again").isEqualTo(kept);
    }

    @Test
    void changedFilterIsNotUsed() throws IOException {
        Path file = directory.resolve("probes");
        assertThat(filters(file).qemu()).isEqualTo(QEMU);
        String kept = Files.readString(file);
        for (String damaged :
                new String[] {kept.replace("AAA", "AAB"), kept.replace("AAA", "A*A"), kept.strip() + "AAAA"}) {
            assertThat(damaged).isNotEqualTo(kept);
            Files.writeString(file, damaged);
            assertThat(filters(file).qemu()).isEqualTo(QEMU);
        }
    }

    private static SeccompFilters filters(Path file) {
        return new SeccompFilters(new ProbeCache(file));
    }
}

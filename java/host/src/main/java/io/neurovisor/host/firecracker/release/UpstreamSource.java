package io.neurovisor.host.firecracker.release;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The release as published by its makers, verified by the checksum that they publish with it. */
record UpstreamSource(URI base, Supervisor supervisor) implements ReleaseSource {
    static final URI PUBLIC = URI.create("https://github.com/firecracker-microvm/firecracker/releases/download/");

    private static final Pattern CHECKSUM = Pattern.compile("([0-9a-f]{64})(?:\\s+\\*?(\\S+))?\\s*");

    private static final String MOST_BYTES = "104857600";

    @Override
    public String fetch(PinnedRelease release, Path scratch, Path target) throws UnreachableException {
        String version = release.version();
        String name = "firecracker-v%s-x86_64.tgz".formatted(version);
        URI address = base.resolve("v%s/%s".formatted(version, name));
        Path archive = scratch.resolve(name);
        Path checksum = scratch.resolve(name + ".sha256.txt");
        // The small file first: if it cannot be fetched, the large one cannot either.
        download(URI.create(address + ".sha256.txt"), checksum);
        download(address, archive);
        String expected = expected(checksum, name);
        String digest = Sha256.of(archive);
        if (!digest.equals(expected)) {
            throw wrong("%s has SHA-256 %s, and %s was published: it is damaged or not the one that was published"
                    .formatted(address, digest, expected));
        }
        String directory = "release-v%s-x86_64/".formatted(version);
        new ProgramArchive(
                        archive,
                        Map.of(
                                directory + "firecracker-v%s-x86_64".formatted(version), target.resolve("firecracker"),
                                directory + "jailer-v%s-x86_64".formatted(version), target.resolve("jailer")))
                .readTarGz();
        return "%s, with the checksum that was published".formatted(address);
    }

    private void download(URI address, Path file) throws UnreachableException {
        ToolResult result = supervisor
                .tool(ToolCommand.of("curl", "curl")
                        .withArguments(List.of("--fail", "--silent", "--show-error", "--location"))
                        // A redirect must not change the protocol.
                        .withArguments(List.of("--proto", "=" + address.getScheme(), "--max-filesize", MOST_BYTES))
                        .withArguments(List.of("--connect-timeout", "20", "--max-time", "600"))
                        .withArguments(List.of("--output", file.toString(), "--", address.toString())))
                .run();
        if (result.failed()) {
            throw new UnreachableException("%s: %s".formatted(address, result.lastMessage()));
        }
    }

    private static String expected(Path checksum, String name) {
        try {
            Matcher line = CHECKSUM.matcher(Files.readString(checksum));
            if (line.matches() && (line.group(2) == null || name.equals(line.group(2)))) {
                return requireNonNull(line.group(1));
            }
            throw wrong("%s holds no checksum of %s".formatted(checksum.getFileName(), name));
        } catch (IOException failure) {
            throw StorageFaults.of("read", checksum, failure);
        }
    }

    private static NeuroVisorException wrong(String what) {
        return new NeuroVisorException(
                Fault.VMM_MISSING,
                what + "; nothing was installed; try again, or name your own Firecracker with --firecracker PATH");
    }
}

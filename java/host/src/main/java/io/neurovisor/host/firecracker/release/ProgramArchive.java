package io.neurovisor.host.firecracker.release;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.ArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** A downloaded archive. Only named regular files are extracted; paths, links and modes of the archive are ignored. */
final class ProgramArchive {
    /** Twenty times the size of today's programs. */
    private static final long MAX_PROGRAM_BYTES = 64L << 20;

    private static final int MAX_ENTRIES = 10_000;

    private final Path file;
    private final Map<String, Path> wanted;

    /** @param wanted the names in the archive and the files to write */
    ProgramArchive(Path file, Map<String, Path> wanted) {
        this.file = file;
        this.wanted = Map.copyOf(wanted);
    }

    void readTarGz() {
        read(input -> new TarArchiveInputStream(new GzipCompressorInputStream(input)));
    }

    void readZip() {
        read(ZipArchiveInputStream::new);
    }

    private void read(Opener opener) {
        Map<String, Path> left = new HashMap<>(wanted);
        try (InputStream input = new BufferedInputStream(Files.newInputStream(file));
                ArchiveInputStream<? extends ArchiveEntry> archive = opener.open(input)) {
            int entries = 0;
            for (ArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
                if (++entries > MAX_ENTRIES) {
                    throw unusable("it has more than %d entries".formatted(MAX_ENTRIES));
                }
                if (wanted.containsKey(entry.getName())) {
                    Path target = left.remove(entry.getName());
                    if (target == null) {
                        throw unusable("it has %s twice".formatted(entry.getName()));
                    }
                    take(entry, archive, target);
                }
            }
        } catch (IOException damaged) {
            throw unusable("it cannot be read (%s)".formatted(damaged.getMessage()));
        }
        if (!left.isEmpty()) {
            throw unusable("it has no %s"
                    .formatted(String.join(
                            " and no ", left.keySet().stream().sorted().toList())));
        }
    }

    private void take(ArchiveEntry entry, InputStream content, Path target) throws IOException {
        if (!isRegular(entry)) {
            throw unusable("%s is not a regular file".formatted(entry.getName()));
        }
        try (OutputStream out = Files.newOutputStream(target)) {
            byte[] buffer = new byte[1 << 16];
            long written = 0;
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                written += count;
                if (written > MAX_PROGRAM_BYTES) {
                    throw unusable("%s has more than %d MiB".formatted(entry.getName(), MAX_PROGRAM_BYTES >> 20));
                }
                out.write(buffer, 0, count);
            }
        }
    }

    private static boolean isRegular(ArchiveEntry entry) {
        return switch (entry) {
            case TarArchiveEntry tar -> tar.isFile() && !tar.isLink() && !tar.isSymbolicLink() && !tar.isSparse();
            case ZipArchiveEntry zip -> !zip.isDirectory() && !zip.isUnixSymlink();
            default -> false;
        };
    }

    private NeuroVisorException unusable(String why) {
        return new NeuroVisorException(
                Fault.VMM_MISSING,
                "%s, downloaded as Firecracker's release, cannot be used: %s; try again, or name your own Firecracker with --firecracker PATH"
                        .formatted(file.getFileName(), why));
    }

    private interface Opener {
        ArchiveInputStream<? extends ArchiveEntry> open(InputStream input) throws IOException;
    }
}

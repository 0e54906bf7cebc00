package io.neurovisor.host.files;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of files, remembered in one text file. A file is read again only if its device, inode, size, modification
 * time or, for a writable file, change time differ from the recorded ones.
 *
 * <p>Safe for use by several threads and processes; a lost or damaged record costs time, never correctness.
 */
public final class FileDigests {
    /**
     * File times advance in ticks of the kernel: a file that changed within the last ticks could change again without a
     * new time. Its digest is not remembered yet.
     */
    private static final Duration TICKS = Duration.ofMillis(40);

    private final Path recordFile;
    private final InstantSource clock;
    private final Object lock = new Object();
    private @Nullable FileStamp loadedStamp;
    private DigestRecord loaded = DigestRecord.EMPTY;

    public FileDigests(Path recordFile, InstantSource clock) {
        this.recordFile = recordFile.toAbsolutePath().normalize();
        this.clock = clock;
    }

    /** Returns the digest of the current content; reads the file only if it is not remembered. */
    public String digest(Path file) {
        Path key = key(file);
        try {
            FileStamp before = FileStamp.of(key);
            Optional<String> remembered = record().digest(key, before);
            if (remembered.isPresent()) {
                return remembered.get();
            }
            boolean settled = before.changed().plus(TICKS).isBefore(clock.instant());
            String digest = Sha256.of(key);
            if (settled && FileStamp.of(key).equals(before)) {
                store(Map.of(key, new DigestRecord.Entry(digest, before)));
            }
            return digest;
        } catch (IOException failure) {
            throw StorageFaults.of("read", key, failure);
        }
    }

    /**
     * Remembers digests that the caller has computed.
     *
     * <p>INVARIANT: the caller is the only writer of these files and has finished writing.
     */
    public void remember(Map<Path, String> digests) {
        Map<Path, DigestRecord.Entry> entries = new TreeMap<>();
        digests.forEach((file, digest) -> {
            try {
                entries.put(key(file), new DigestRecord.Entry(digest, FileStamp.of(key(file))));
            } catch (IOException failure) {
                throw StorageFaults.of("read", file, failure);
            }
        });
        store(entries);
    }

    private static Path key(Path file) {
        return file.toAbsolutePath().normalize();
    }

    private DigestRecord record() throws IOException {
        synchronized (lock) {
            try {
                FileStamp stamp = FileStamp.of(recordFile);
                if (!stamp.equals(loadedStamp)) {
                    // Each version is a new file (atomic replacement), so equal stamps mean equal content.
                    loaded = DigestRecord.parse(Files.readAllBytes(recordFile));
                    loadedStamp = stamp;
                }
            } catch (NoSuchFileException none) {
                loaded = DigestRecord.EMPTY;
                loadedStamp = null;
            }
            return loaded;
        }
    }

    private void store(Map<Path, DigestRecord.Entry> entries) {
        PrivateFiles.directory(requireNonNull(recordFile.getParent(), "recordFile has no directory"));
        try (PathLock _ =
                PathLock.acquire(recordFile.resolveSibling("." + recordFile.getFileName() + ".lock"), () -> {})) {
            PrivateFiles.replace(recordFile, record().with(entries).format());
        } catch (IOException failure) {
            throw StorageFaults.of("read", recordFile, failure);
        }
    }
}

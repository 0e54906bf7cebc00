package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;

/**
 * Remembers answers in one small file of the data directory. A key names all that the answer depends on, so an answer
 * never needs to be taken back. Of two processes that write at once one may forget the other's answer, which is then
 * found out anew.
 */
public final class ProbeCache {
    private final Path file;

    public ProbeCache(Path file) {
        this.file = requireNonNull(file, "file is null");
    }

    /** For a key that depends on a file: another one when the file has changed. */
    public static String fingerprint(Path file) {
        try {
            return Files.size(file) + " / " + Files.getLastModifiedTime(file);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.VMM_MISSING, file + " cannot be read (" + exception.getMessage() + ")", exception);
        }
    }

    public synchronized Optional<String> get(String key) {
        return Optional.ofNullable(load().getProperty(key));
    }

    public synchronized void put(String key, String answer) {
        Properties properties = load();
        properties.setProperty(key, answer);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path draft = Files.createTempFile(file.toAbsolutePath().getParent(), "probes", ".tmp");
            try (Writer writer = Files.newBufferedWriter(draft)) {
                properties.store(writer, null);
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    file + " cannot be written (" + exception.getMessage()
                            + "); make its directory writable or choose another with --data-dir",
                    exception);
        }
    }

    /** A file that is missing or not readable as what we wrote knows nothing. */
    private Properties load() {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException exception) {
            return properties;
        } catch (IOException | UncheckedIOException | IllegalArgumentException exception) {
            return new Properties();
        }
        return properties;
    }
}

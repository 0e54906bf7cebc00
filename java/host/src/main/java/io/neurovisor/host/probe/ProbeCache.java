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
 * Caches results in one small file of the data directory. A key contains everything on which a result depends, so
 * results never become invalid. If two processes write simultaneously, the result of one may be lost and is then
 * determined again.
 */
public record ProbeCache(Path file) {
    /** Returns a part of a key that changes when the file changes. */
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
        store(properties);
    }

    /** Removes every result whose key begins with the prefix. */
    public synchronized void forget(String prefix) {
        Properties properties = load();
        if (properties.keySet().removeIf(key -> key.toString().startsWith(prefix))) {
            store(properties);
        }
    }

    private void store(Properties properties) {
        Path directory = requireNonNull(file.toAbsolutePath().getParent(), "a file has a directory");
        // A start makes the directory, with its permissions; a command that only checks does not.
        if (!Files.isDirectory(directory)) {
            return;
        }
        try {
            Path draft = Files.createTempFile(directory, "probes", ".tmp");
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

    /** A missing or malformed file is an empty cache. */
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

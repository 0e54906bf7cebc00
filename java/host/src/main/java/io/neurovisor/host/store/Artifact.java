package io.neurovisor.host.store;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A built directory whose files have been verified.
 *
 * @param digests SHA-256 by file name, relative to the directory
 */
public record Artifact(String name, Path directory, Map<String, String> digests) {
    public Artifact {
        digests = Map.copyOf(digests);
    }

    public Path file(String file) {
        digest(file);
        return directory.resolve(file);
    }

    public String digest(String file) {
        String digest = digests.get(file);
        if (digest == null) {
            throw new NeuroVisorException(Fault.INTERNAL, "%s has no file %s".formatted(directory, file));
        }
        return digest;
    }
}

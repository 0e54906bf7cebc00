package io.neurovisor.e2b;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;

/** The key from which the tokens of sandboxes follow. Made once; removing its file makes all tokens invalid. */
final class EnvdKey {
    private static final String FILE = "envd.key";
    private static final int BYTES = 32;

    private EnvdKey() {}

    /** @param directory accessible by its owner only */
    static byte[] of(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            if (!Files.exists(file)) {
                create(directory, file);
            }
            byte[] key = Files.readAllBytes(file);
            if (key.length != BYTES) {
                throw new NeuroVisorException(
                        Fault.ACCESS_UNUSABLE,
                        file + " has " + key.length + " bytes instead of " + BYTES
                                + "; remove it, which makes the tokens of all sandboxes invalid");
            }
            return key;
        } catch (IOException failure) {
            throw new NeuroVisorException(
                    Fault.ACCESS_UNUSABLE, file + " cannot be read or made: " + failure.getMessage(), failure);
        }
    }

    /** Whole or not at all, and never twice. */
    private static void create(Path directory, Path file) throws IOException {
        byte[] key = new byte[BYTES];
        new SecureRandom().nextBytes(key);
        Path unfinished = Files.createTempFile(
                directory,
                FILE,
                ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(unfinished, key);
        try {
            Path _ = Files.createLink(file, unfinished);
        } catch (FileAlreadyExistsException other) {
            // Another daemon has made it.
        } finally {
            Files.delete(unfinished);
        }
    }
}

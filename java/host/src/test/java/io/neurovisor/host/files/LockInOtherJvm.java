package io.neurovisor.host.files;

import java.io.IOException;
import java.nio.file.Path;

/** A program for tests: takes a lock, prints "locked", and holds the lock until its standard input ends. */
final class LockInOtherJvm {
    private LockInOtherJvm() {}

    public static void main(String[] arguments) throws IOException {
        try (PathLock _ = PathLock.acquire(Path.of(arguments[0]), () -> {})) {
            System.out.println("locked");
            while (System.in.read() >= 0) {
                // Only the end of the input matters.
            }
        }
    }
}

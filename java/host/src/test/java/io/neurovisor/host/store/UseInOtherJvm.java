package io.neurovisor.host.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A program for tests: uses a directory of a data directory, prints "using", and runs until its standard input ends.
 */
final class UseInOtherJvm {
    private UseInOtherJvm() {}

    public static void main(String[] arguments) throws IOException {
        UseRegistry registry = new UseRegistry(Path.of(arguments[0]));
        try (ArtifactUse use = registry.enter(Path.of(arguments[1]), Supervisor.none())) {
            Path _ = use.hold(() -> Path.of(arguments[2]), List::of);
            System.out.println("using");
            while (System.in.read() >= 0) {
                // Only the end of the input matters.
            }
        }
    }
}

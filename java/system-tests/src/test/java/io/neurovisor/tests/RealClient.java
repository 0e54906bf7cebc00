package io.neurovisor.tests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A client of another maker, whose judgement of the service is not ours: grpcurl, ghz or buf. */
final class RealClient {
    private final String program;

    private RealClient(String program) {
        this.program = program;
    }

    /** Skips the test that asks where {@code ./neurovisor test} could fetch none; its summary says why. */
    static RealClient named(String name) {
        String directory = System.getenv("NEUROVISOR_TEST_CLIENTS");
        assumeTrue(directory != null, name + " is not here: ./neurovisor test fetches it");
        Path program = Path.of(directory, name);
        if (!Files.isExecutable(program)) {
            throw new AssertionError("NEUROVISOR_TEST_CLIENTS is " + directory + ", which has no " + name);
        }
        return new RealClient(program.toString());
    }

    /** With which a process of one's own is started. */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        return command;
    }

    PlainMachine.Run run(String... arguments) {
        return PlainMachine.start(command(arguments));
    }
}

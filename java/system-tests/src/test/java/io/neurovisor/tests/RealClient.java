package io.neurovisor.tests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of another maker, whose judgement of the service is not ours: grpcurl, ghz or buf, Prometheus or promtool. */
final class RealClient {
    private final String program;

    private RealClient(String program) {
        this.program = program;
    }

    /** Skips the test that asks where {@code ./neurovisor test} could fetch none; its summary says why. */
    static RealClient named(String name) {
        return in("NEUROVISOR_TEST_CLIENTS", name);
    }

    /** One that looks at metrics; skips likewise. */
    static RealClient monitor(String name) {
        return in("NEUROVISOR_TEST_MONITORS", name);
    }

    private static RealClient in(String variable, String name) {
        String directory = System.getenv(variable);
        assumeTrue(directory != null, name + " is not here: ./neurovisor test fetches it");
        Path program = Path.of(directory, name);
        if (!Files.isExecutable(program)) {
            throw new AssertionError(variable + " is " + directory + ", which has no " + name);
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

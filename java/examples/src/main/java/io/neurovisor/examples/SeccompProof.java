package io.neurovisor.examples;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads the system call filters of a VMM, and applies those of a daemon to this process. */
final class SeccompProof {
    private SeccompProof() {}

    static void run(ExampleRun run) {
        run.checkLayer(Layer.SECCOMP);
        run.check(start().isEmpty(), "this process can start a program");
        SelfConfinement confinement = SelfConfinement.begin(List.of(Path.of("/")));
        run.note("it applies the filter of a daemon: " + confinement.rules() + " rules, read back on each of "
                + confinement.threads() + " threads");
        Optional<String> refusal = start();
        run.check(
                refusal.orElse("").contains("Operation not permitted"),
                "now it cannot: " + ExampleRun.shown(refusal.orElse("a program started")));
    }

    private static Optional<String> start() {
        try {
            Tool.of(ToolCommand.of("true", "coreutils")).run().orThrow();
            return Optional.empty();
        } catch (NeuroVisorException failure) {
            return Optional.of(String.valueOf(failure.getMessage()));
        }
    }
}

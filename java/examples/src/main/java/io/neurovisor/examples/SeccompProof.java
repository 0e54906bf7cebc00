package io.neurovisor.examples;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Looks at a VMM's filters, and closes to this very process what a daemon closes to itself. */
final class SeccompProof implements Example {
    @Override
    public String name() {
        return "seccomp_proof";
    }

    @Override
    public String promise() {
        return "a virtual machine runs behind system call filters, and a daemon can start no program any more";
    }

    @Override
    public void run(ExampleRun run) {
        run.checkLayer(Layer.SECCOMP);
        run.check(start().isEmpty(), "this process starts a program");
        SelfConfinement confinement = SelfConfinement.begin(List.of(Path.of("/")));
        run.tell("it closes to itself what a daemon does: " + confinement.rules() + " rules, read back on each of "
                + confinement.threads() + " threads");
        Optional<String> refusal = start();
        run.check(
                refusal.orElse("").contains("Operation not permitted"),
                "now it starts none: " + ExampleRun.shown(refusal.orElse("but it does")));
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

package io.neurovisor.cli.example;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.program.Language;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.time.Duration;
import java.util.Optional;

/** Looks at a VMM's filters, and closes to this very process what a daemon closes to itself. */
final class SeccompProof implements Example {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

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
        ExecutionResult result = run.execute(Language.BASH, "true", TIMEOUT, new CollectedOutput(_ -> {}));
        for (LayerState state : result.layers()) {
            if (state.layer() == Layer.SECCOMP) {
                run.check(state.status() == LayerState.Status.LIVE, "read off the VMM: " + state.detail());
            }
        }
        run.check(start().isEmpty(), "this process starts a program");
        SelfConfinement confinement = SelfConfinement.begin();
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

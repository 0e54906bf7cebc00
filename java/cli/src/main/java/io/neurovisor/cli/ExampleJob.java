package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.cli.example.Example;
import io.neurovisor.cli.example.ExampleRun;
import io.neurovisor.cli.example.Examples;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.config.Surroundings;
import java.io.PrintWriter;
import java.util.Optional;

/** One example, with what it needs. Apart from its command, so that no other command loads what it uses. */
final class ExampleJob {
    private static final int BROKEN = 1;

    private final GuestOptions guest;
    private final PrintWriter out;
    private final PrintWriter err;

    ExampleJob(GuestOptions guest, PrintWriter out, PrintWriter err) {
        this.guest = requireNonNull(guest, "guest is null");
        this.out = requireNonNull(out, "out is null");
        this.err = requireNonNull(err, "err is null");
    }

    /** @param name of one that there is */
    int run(String name) {
        try {
            return run(Examples.named(name).orElseThrow());
        } catch (ModelFailure failure) {
            err.println("neurovisor: " + failure.explanation());
            return ExitCode.MODEL_FAILED;
        }
    }

    private int run(Example example) {
        // A model that is not there is told before anything is started.
        Optional<Model> asked = example.needs().contains(Example.Need.MODEL)
                ? Optional.of(AgentModels.open(guest.common().loaded(), Surroundings.ofThisProcess()))
                : Optional.empty();
        if (!example.needs().contains(Example.Need.SANDBOXES)) {
            return tried(example, new ExampleRun.Provided(Optional.empty(), asked, Optional.empty()));
        }
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            neuroVisor.prepare(guest.size());
            progress.done();
            int code = tried(example, provided(neuroVisor, asked));
            return cancellation.isRequested() ? ExitCode.CANCELLED : code;
        }
    }

    private ExampleRun.Provided provided(NeuroVisor neuroVisor, Optional<Model> asked) {
        return new ExampleRun.Provided(
                Optional.of(neuroVisor.executions()),
                asked,
                asked.map(model -> Agents.agent(model, neuroVisor.executions()::execute, guest)));
    }

    private int tried(Example example, ExampleRun.Provided provided) {
        ExampleRun run = new ExampleRun(provided, guest.size(), out);
        out.println(example.promise());
        example.run(run);
        out.println(run.isHeld() ? "the promise held" : "THE PROMISE DID NOT HOLD");
        out.flush();
        return run.isHeld() ? 0 : BROKEN;
    }
}

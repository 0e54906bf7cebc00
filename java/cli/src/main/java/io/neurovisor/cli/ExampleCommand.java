package io.neurovisor.cli;

import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.cli.example.Example;
import io.neurovisor.cli.example.ExampleRun;
import io.neurovisor.cli.example.Examples;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.config.NearestName;
import io.neurovisor.server.config.Surroundings;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a program that shows, and checks, what NeuroVisor promises. */
@Command(
        name = "example",
        description = {
            "Runs a program that shows what NeuroVisor promises and checks it: ends with 0 when",
            "the promise held, with 1 when it did not."
        },
        mixinStandardHelpOptions = true)
final class ExampleCommand implements Callable<Integer> {
    private static final int BROKEN = 1;

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--list", description = "List the examples.")
    private boolean list;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            completionCandidates = Names.class,
            description = "One that --list shows.")
    private @Nullable String name;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Examples.names().iterator();
        }
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (list) {
            Table table = new Table("EXAMPLE", "SHOWS");
            Examples.ALL.forEach(example -> table.row(example.name(), example.promise()));
            table.print(out);
            return 0;
        }
        Example example = find();
        try {
            return run(example, out);
        } catch (ModelFailure failure) {
            spec.commandLine().getErr().println("neurovisor: " + failure.explanation());
            return ExitCode.MODEL_FAILED;
        }
    }

    private int run(Example example, PrintWriter out) {
        // A model that is not there is told before anything is started.
        Optional<Model> asked = example.needs().contains(Example.Need.MODEL)
                ? Optional.of(AgentModels.open(guest.common().loaded(), Surroundings.ofThisProcess()))
                : Optional.empty();
        if (!example.needs().contains(Example.Need.SANDBOXES)) {
            return tried(example, new ExampleRun.Provided(Optional.empty(), asked, Optional.empty()), out);
        }
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            neuroVisor.prepare(guest.size());
            progress.done();
            int code = tried(example, provided(neuroVisor, asked), out);
            return cancellation.isRequested() ? ExitCode.CANCELLED : code;
        }
    }

    private ExampleRun.Provided provided(NeuroVisor neuroVisor, Optional<Model> asked) {
        CodeRunner sandboxes = new AgentSandboxes(
                neuroVisor.executions(), guest.size(), guest.config().timeout(), guest.requestedImage());
        return new ExampleRun.Provided(
                Optional.of(neuroVisor.executions()),
                asked,
                asked.map(model -> new AgentRun(model, sandboxes, AgentModels.limits(guest.config()))));
    }

    private int tried(Example example, ExampleRun.Provided provided, PrintWriter out) {
        ExampleRun run = new ExampleRun(provided, guest.size(), out);
        out.println(example.promise());
        example.run(run);
        out.println(run.isHeld() ? "the promise held" : "THE PROMISE DID NOT HOLD");
        out.flush();
        return run.isHeld() ? 0 : BROKEN;
    }

    private Example find() {
        if (name == null) {
            throw new ParameterException(spec.commandLine(), "NAME is missing; --list shows the examples");
        }
        List<String> names = Examples.names();
        return Examples.named(name)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "example \"" + name + "\" is not known"
                                + NearestName.of(String.valueOf(name), names)
                                        .map(near -> "; did you mean " + near + "?")
                                        .orElse("; known are " + String.join(", ", names))));
    }
}

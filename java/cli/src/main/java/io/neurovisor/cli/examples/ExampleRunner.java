package io.neurovisor.cli.examples;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.cli.agent.Agents;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.ScratchDirectory;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.examples.Example;
import io.neurovisor.examples.ExampleRun;
import io.neurovisor.examples.Examples;
import io.neurovisor.examples.MissingLayer;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Runs an example with the machines, the daemon or the model that it needs. Separate from the command class, so that other
 * commands do not load the classes it needs.
 */
record ExampleRunner(GuestOptions guest, PrintWriter out, PrintWriter err) {
    private static final int BROKEN = 1;

    /** For a daemon and its machines to stop. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    int run(String name) {
        try {
            return run(Examples.named(name).orElseThrow());
        } catch (ModelFailure failure) {
            err.println("neurovisor: " + failure.explanation());
            return ExitCode.MODEL_FAILED;
        } catch (MissingLayer missing) {
            err.println("neurovisor: " + missing.getMessage() + "; the lab machine has it: ./neurovisor lab run --"
                    + " ./neurovisor example " + name);
            return ExitCode.SKIPPED;
        }
    }

    private int run(Example example) {
        // A missing model is reported before anything is started.
        Optional<Model> asked = example.needs().contains(Example.Need.MODEL)
                ? Optional.of(AgentModels.open(guest.common().loaded(), ProcessEnvironment.current()))
                : Optional.empty();
        if (example.needs().contains(Example.Need.DAEMON)) {
            return byDaemon(example, asked);
        }
        if (!example.needs().contains(Example.Need.SANDBOXES)) {
            return tried(example, new ExampleRun.Provided(Optional.empty(), asked, Optional.empty(), Optional.empty()));
        }
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor::close)) {
            neuroVisor.prepare(guest.size());
            progress.done();
            int code = tried(example, provided(neuroVisor, asked));
            return cancellation.isRequested() ? ExitCode.CANCELLED : code;
        }
    }

    private int byDaemon(Example example, Optional<Model> asked) {
        try (ConsoleProgress progress = guest.common().progress();
                ScratchDirectory directory = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(PATIENCE);
                DaemonProcess daemon = DaemonProcess.start(serve(directory.socket()), directory.socket())) {
            progress.done();
            int code = tried(
                    example, new ExampleRun.Provided(Optional.empty(), asked, Optional.empty(), Optional.of(daemon)));
            return cancellation.isRequested() ? ExitCode.CANCELLED : code;
        }
    }

    private ToolCommand serve(Path socket) {
        return guest.serve(socket, "--warm=1", "--max=2");
    }

    private ExampleRun.Provided provided(NeuroVisor neuroVisor, Optional<Model> asked) {
        return new ExampleRun.Provided(
                Optional.of(neuroVisor),
                asked,
                asked.map(model -> Agents.agent(model, neuroVisor.executions()::execute, guest)),
                Optional.empty());
    }

    private int tried(Example example, ExampleRun.Provided provided) {
        ExampleRun run = new ExampleRun(provided, guest.size(), out);
        out.println(example.promise());
        example.demonstration().accept(run);
        out.println(run.isHeld() ? "the promise held" : "THE PROMISE DID NOT HOLD");
        out.flush();
        return run.isHeld() ? 0 : BROKEN;
    }
}

package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.config.Surroundings;
import java.io.PrintWriter;
import java.util.List;

/** One task for a language model, from its options to its exit code. */
final class AgentJob {
    private final AgentOptions options;
    private final PrintWriter err;

    AgentJob(AgentOptions options, PrintWriter err) {
        this.options = requireNonNull(options, "options is null");
        this.err = requireNonNull(err, "err is null");
    }

    int run(AgentTask task) {
        try {
            Model asked = AgentModels.open(options.guest().common().loaded(), Surroundings.ofThisProcess());
            return work(task, asked, Lines.standard());
        } catch (StandardStreams.Closed closed) {
            return ExitCode.OUTPUT_CLOSED;
        } catch (ModelFailure failure) {
            err(failure.explanation());
            return ExitCode.MODEL_FAILED;
        } catch (NeuroVisorException exception) {
            err(String.valueOf(exception.getMessage()));
            int code = ExitCode.of(exception);
            return code == ExitCode.FAILED ? ExitCode.SANDBOX_FAILED : code;
        }
    }

    private int work(AgentTask task, Model asked, Lines out) {
        GuestOptions guest = options.guest();
        try (TranscriptFile file = TranscriptFile.open(options.transcript().orElse(null), task, asked);
                ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            // The usual image's template is made before the first call, not while the model waits for its result.
            neuroVisor.prepare(guest.size());
            progress.done();
            neuroVisor.pool().keepWarm();
            warnOfEmulation(neuroVisor);
            AgentSandboxes sandboxes = new AgentSandboxes(
                    neuroVisor.executions(), guest.size(), guest.config().timeout(), guest.requestedImage());
            AgentResult result;
            try (AgentOutput output = output(task, asked, out, progress)) {
                result = new AgentRun(asked, sandboxes, AgentModels.limits(guest.config()))
                        .run(task, new AgentListeners(List.of(output, file)));
            }
            if (!result.explanation().isEmpty() && !options.isJson()) {
                err(result.explanation());
            }
            return cancellation.isRequested() ? ExitCode.CANCELLED : ExitCode.of(result.end());
        }
    }

    private AgentOutput output(AgentTask task, Model asked, Lines out, ConsoleProgress progress) {
        if (options.isJson()) {
            return new AgentEvents(out, task, asked);
        }
        if (options.isQuiet()) {
            return new AgentAnswer(out);
        }
        if (!Terminal.hasColours()) {
            return new AgentText(out, task, asked);
        }
        AgentScreen screen = AgentScreen.open(task, asked);
        progress.divert(screen);
        return screen;
    }

    private void warnOfEmulation(NeuroVisor neuroVisor) {
        if (!neuroVisor.accelerator().isKvm() && !options.isQuiet()) {
            err("no KVM (" + neuroVisor.accelerator().reason()
                    + "): the guests are emulated, which is not a security boundary");
        }
    }

    private void err(String line) {
        err.println("neurovisor: " + line);
    }
}

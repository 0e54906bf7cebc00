package io.neurovisor.cli;

import com.fasterxml.uuid.Generators;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.config.Surroundings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Has a language model work on a task with programs, each of which runs in a microVM of its own. */
@Command(
        name = "agent",
        description = {
            "Has a language model work on a task: it writes programs, each runs in a fresh",
            "microVM, and it reads what they print until it has an answer. Exit codes: 0",
            "answer, 3 limit reached, 4 no model, 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
final class AgentCommand implements Callable<Integer> {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final PoolOptions pool = new PoolOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description =
                    "Kill each program after this time, 1s to 24h. Default: 30s. Environment: NEUROVISOR_TIMEOUT.")
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private @Nullable String timeout;

    @Option(names = "--json", description = "Print each event as one JSON object on a line of its own.")
    private boolean json;

    @Option(
            names = "--transcript",
            paramLabel = "FILE",
            description = "Write the whole conversation into this file, as Markdown, as it happens.")
    private @Nullable Path transcript;

    @Parameters(paramLabel = "TASK", description = "What is to be done, in plain words.")
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private String task;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (task.isBlank()) {
            throw new ParameterException(spec.commandLine(), "TASK is empty; say what is to be done");
        }
        AgentTask agentTask = new AgentTask(
                new TraceId(Generators.timeBasedEpochRandomGenerator().generate()), task);
        try {
            Model asked = AgentModels.open(guest.common().loaded(), Surroundings.ofThisProcess());
            return work(agentTask, asked, Lines.standard());
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

    private int work(AgentTask agentTask, Model asked, Lines out) {
        try (TranscriptFile file = TranscriptFile.open(transcript, agentTask, asked);
                ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            // The usual image's template is made before the first call, not while the model waits for its result.
            neuroVisor.prepare(guest.size());
            progress.done();
            neuroVisor.pool().keepWarm();
            warnOfEmulation(neuroVisor);
            List<AgentListener> listeners = new ArrayList<>(List.of(output(agentTask, asked, out)));
            listeners.add(file);
            AgentSandboxes sandboxes = new AgentSandboxes(
                    neuroVisor.executions(), guest.size(), guest.config().timeout(), guest.requestedImage());
            AgentResult result = new AgentRun(asked, sandboxes, AgentModels.limits(guest.config()))
                    .run(agentTask, new AgentListeners(listeners));
            if (!result.explanation().isEmpty() && !json) {
                err(result.explanation());
            }
            return cancellation.isRequested() ? ExitCode.CANCELLED : ExitCode.of(result.end());
        }
    }

    private AgentListener output(AgentTask agentTask, Model asked, Lines out) {
        if (json) {
            return new AgentEvents(out, agentTask, asked);
        }
        return guest.common().isQuiet() ? new AgentAnswer(out) : new AgentText(out, agentTask, asked);
    }

    private void warnOfEmulation(NeuroVisor neuroVisor) {
        if (!neuroVisor.accelerator().isKvm() && !guest.common().isQuiet()) {
            err("no KVM (" + neuroVisor.accelerator().reason()
                    + "): the guests are emulated, which is not a security boundary");
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("neurovisor: " + line);
    }
}

package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentListeners;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Model;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Lines;
import io.neurovisor.cli.console.Logging;
import io.neurovisor.cli.console.Terminal;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.cli.run.OutputDirectory;
import io.neurovisor.cli.run.RunMetrics;
import io.neurovisor.cli.sandbox.interpreter.ResultFiles;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionHistory;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.Sessions;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/** Runs one task of a language model, from its options to its exit code. */
public final class AgentRunner {
    private final AgentOptions options;
    private final PrintWriter err;
    private final RunMetrics metrics;
    private final Tracing tracing;

    public AgentRunner(AgentOptions options, PrintWriter err) {
        this.options = options;
        this.err = err;
        this.metrics =
                new RunMetrics(options.guest().config().telemetry().pushgateway(), "neurovisor_agent", this::err);
        this.tracing = Tracing.of(options.guest().config());
    }

    public int run(AgentTask task) {
        return exitCode(task.traceId(), () -> work(task, model(Optional.empty()), Optional.empty()));
    }

    /** Continues a recorded session with another task, and with its last model unless the user has set one. */
    public int resume(String id, TraceId traceId, String text) {
        return exitCode(traceId, () -> {
            RecordedSession session = find(id);
            AgentTask task = new AgentTask(traceId, text, SessionHistory.of(session));
            return work(task, model(Optional.of(session.runs().getLast().model())), Optional.of(session));
        });
    }

    private int exitCode(TraceId trace, IntSupplier work) {
        Logging.send(tracing);
        try (Tracing _ = tracing) {
            return Agents.exitCode(
                    err, () -> metrics.counting(trace, () -> tracing.within("agent task", trace, work::getAsInt)));
        }
    }

    private RecordedSession find(String id) {
        SessionOwner user = SessionOwner.ofThisProcess();
        try (Sessions sessions = History.required(options.guest().common())) {
            return sessions.resumable(user, sessions.find(user, id));
        }
    }

    private Model model(Optional<String> usual) {
        return tracing.traced(metrics.measured(
                AgentModels.open(options.guest().common().loaded(), usual, ProcessEnvironment.current())));
    }

    private int work(AgentTask task, Model asked, Optional<RecordedSession> continued) {
        GuestOptions guest = options.guest();
        Optional<String> earlier = continued.flatMap(RecordedSession::sandbox);
        boolean isStateful = options.isStateful() || earlier.isPresent();
        if (options.out().isPresent() && !isStateful) {
            throw NeuroVisorException.invalid("out", "--out saves the results of a stateful run; give --stateful, too");
        }
        try (TranscriptFile file = TranscriptFile.open(options.transcript().orElse(null), task, asked.name());
                ConsoleProgress progress = guest.common().progress();
                OutputDirectory out = options.out().map(OutputDirectory::open).orElse(null);
                AgentMachines machines = isStateful
                        ? AgentMachines.inSandbox(guest, earlier, options.isStateful(), task.traceId(), this::remark)
                        : AgentMachines.open(options.daemon(), guest, metrics, tracing, progress, this::remark);
                Recording recording = Recording.open(options)) {
            AgentListener recorder = recording.begin(task, asked.name(), continued, machines.sandbox());
            AgentListener files =
                    new AgentResultFiles(new ResultFiles("call", Optional.ofNullable(out), this::remark, this::err));
            AgentResult result;
            try (AgentOutput output = output(task, asked, Lines.standard(), progress)) {
                // Events are recorded before they are shown, so that nothing the user has seen is lost.
                result = new AgentRun(asked, machines.runner(), AgentModels.limits(guest.config()))
                        .run(task, new AgentListeners(List.of(recorder, metrics.agents(), output, file, files)));
            }
            if (!result.explanation().isEmpty() && !options.isJson()) {
                err(result.explanation());
            }
            if (!options.isJson()) {
                recording
                        .session()
                        .ifPresent(id -> remark("recorded; to continue: ./neurovisor sessions resume " + id + " TASK"));
            }
            return machines.isCancelled() ? ExitCode.CANCELLED : ExitCode.of(result.end());
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
            return new AgentText(out, task);
        }
        AgentScreen screen = AgentScreen.open(task, asked);
        progress.divert(screen);
        return screen;
    }

    private void remark(String line) {
        if (!options.isQuiet()) {
            err(line);
        }
    }

    private void err(String line) {
        err.println("neurovisor: " + line);
    }
}

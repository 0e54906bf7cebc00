package io.neurovisor.cli;

import com.fasterxml.uuid.Generators;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.cli.bench.AgentBench;
import io.neurovisor.cli.bench.Attempt;
import io.neurovisor.cli.bench.BenchReport;
import io.neurovisor.cli.bench.Problem;
import io.neurovisor.cli.bench.Problems;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.config.Surroundings;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Puts twenty problems with known answers to a model that has microVMs for its programs. */
@Command(
        name = "agent",
        description = {
            "Puts twenty small problems with known answers to a model, as agent would, and tells",
            "how many it solved and what that took. Exit codes: 0 all were put to it, whatever it",
            "answered; 4 no model, 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
final class BenchAgentCommand implements Callable<Integer> {
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

    @Option(names = "--json", description = "Print everything as one JSON object; the progress goes to stderr.")
    private boolean json;

    @Option(
            names = "--problem",
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description = "Only this one; may be given several times. Default: all.")
    private @Nullable List<String> chosen;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Problems.names().iterator();
        }
    }

    @Override
    public Integer call() {
        List<Problem> problems = problems();
        try {
            Model asked = AgentModels.open(guest.common().loaded(), Surroundings.ofThisProcess());
            return bench(asked, problems);
        } catch (ModelFailure failure) {
            err("neurovisor: " + failure.explanation());
            return ExitCode.MODEL_FAILED;
        }
    }

    private List<Problem> problems() {
        List<String> wanted = chosen == null ? Problems.names() : chosen;
        wanted.stream()
                .filter(name -> !Problems.names().contains(name))
                .findFirst()
                .ifPresent(unknown -> {
                    throw new ParameterException(
                            spec.commandLine(),
                            "--problem \"" + unknown + "\" is not known; known are "
                                    + String.join(", ", Problems.names()));
                });
        return Problems.ALL.stream()
                .filter(problem -> wanted.contains(problem.name()))
                .toList();
    }

    private int bench(Model asked, List<Problem> problems) {
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            neuroVisor.prepare(guest.size());
            progress.done();
            neuroVisor.pool().keepWarm();
            AgentSandboxes sandboxes = new AgentSandboxes(
                    neuroVisor.executions(), guest.size(), guest.config().timeout(), guest.requestedImage());
            AgentRun agent = new AgentRun(asked, sandboxes, AgentModels.limits(guest.config()));
            AgentBench bench = new AgentBench(
                    agent,
                    () -> new TraceId(Generators.timeBasedEpochRandomGenerator().generate()));
            BenchReport report = new BenchReport(asked.name(), problems.size(), bench.run(problems, this::tell));
            print(report);
            return cancellation.isRequested() ? ExitCode.CANCELLED : exitCode(report);
        }
    }

    private void tell(Attempt attempt) {
        if (!json) {
            out(BenchReport.line(attempt));
        } else if (!guest.common().isQuiet()) {
            err(BenchReport.line(attempt));
        }
        if (!attempt.result().explanation().isEmpty()) {
            err("neurovisor: " + attempt.result().explanation());
        }
    }

    private void print(BenchReport report) {
        out(json ? report.json().toPrettyString() : report.summary());
    }

    /** That a model is wrong, or stopped by a limit, is what is measured. */
    private static int exitCode(BenchReport report) {
        AgentEnd end = report.attempts().getLast().result().end();
        return end.isLimit() ? 0 : ExitCode.of(end);
    }

    private void out(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    private void err(String line) {
        spec.commandLine().getErr().println(line);
    }
}

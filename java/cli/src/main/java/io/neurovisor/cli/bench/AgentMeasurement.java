package io.neurovisor.cli.bench;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.model.Model;
import io.neurovisor.bench.problems.Attempt;
import io.neurovisor.bench.problems.Problem;
import io.neurovisor.bench.problems.ProblemReport;
import io.neurovisor.bench.problems.ProblemRun;
import io.neurovisor.bench.problems.Problems;
import io.neurovisor.cli.agent.Agents;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.TraceIds;
import java.io.PrintWriter;
import java.util.List;

/** Runs {@code bench agent}. Separate from the command class, so that other commands do not load the classes it needs. */
record AgentMeasurement(GuestOptions guest, boolean json, PrintWriter out, PrintWriter err) {
    int run(List<String> names) {
        List<Problem> problems = Problems.ALL.stream()
                .filter(problem -> names.contains(problem.name()))
                .toList();
        return Agents.exitCode(
                err, () -> bench(AgentModels.open(guest.common().loaded(), ProcessEnvironment.current()), problems));
    }

    private int bench(Model asked, List<Problem> problems) {
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor::close)) {
            neuroVisor.prepare(guest.size());
            progress.done();
            neuroVisor.pool().keepWarm();
            ProblemRun bench =
                    new ProblemRun(Agents.agent(asked, neuroVisor.executions()::execute, guest), TraceIds::next);
            ProblemReport report = new ProblemReport(asked.name(), problems.size(), bench.run(problems, this::report));
            print(report);
            return cancellation.isRequested() ? ExitCode.CANCELLED : exitCode(report);
        }
    }

    private void report(Attempt attempt) {
        if (!json) {
            out(ProblemReport.line(attempt));
        } else if (!guest.common().isQuiet()) {
            err(ProblemReport.line(attempt));
        }
        if (!attempt.result().explanation().isEmpty()) {
            err("neurovisor: " + attempt.result().explanation());
        }
    }

    private void print(ProblemReport report) {
        out(json ? report.json().toPrettyString() : report.summary());
    }

    /** A wrong answer or a reached limit is a measured result, not a failure. */
    private static int exitCode(ProblemReport report) {
        AgentEnd end = report.attempts().getLast().result().end();
        return end.isLimit() ? 0 : ExitCode.of(end);
    }

    private void out(String line) {
        out.println(line);
        out.flush();
    }

    private void err(String line) {
        err.println(line);
    }
}

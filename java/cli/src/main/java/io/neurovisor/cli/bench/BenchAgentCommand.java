package io.neurovisor.cli.bench;

import io.neurovisor.bench.problems.Problems;
import io.neurovisor.cli.console.KnownName;
import io.neurovisor.cli.options.ModelWorkOptions;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Puts twenty problems with known answers to a model that can run programs in microVMs. */
@Command(
        name = "agent",
        description = {
            "Puts twenty small problems with known answers to a model, as agent would, and reports how many it "
                    + "solved, and with how many calls, tokens and seconds.",
            "Exit codes: 0 all problems were put to it, whatever the answers; 4 no model, 5 no sandbox, 130 "
                    + "cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
final class BenchAgentCommand implements Callable<Integer> {
    @Mixin
    private final ModelWorkOptions work = new ModelWorkOptions();

    @Option(names = "--json", description = "Print the report as one JSON object, and the progress to stderr.")
    private boolean json;

    @Option(
            names = "--problem",
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description = "Put only this problem. Repeatable. Default: all.")
    private @Nullable List<String> chosen;

    @Spec
    private CommandSpec spec;

    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Problems.names().iterator();
        }
    }

    @Override
    public Integer call() {
        List<String> wanted = chosen == null ? Problems.names() : chosen;
        wanted.forEach(name -> KnownName.of(name, "--problem", Problems.names(), spec));
        return new AgentMeasurement(
                        work.guest(),
                        json,
                        spec.commandLine().getOut(),
                        spec.commandLine().getErr())
                .run(wanted);
    }
}

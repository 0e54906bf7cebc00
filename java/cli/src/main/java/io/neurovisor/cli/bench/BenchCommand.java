package io.neurovisor.cli.bench;

import io.neurovisor.bench.publication.SpeedPublication;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.cli.console.KnownName;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.options.GuestOptions;
import java.nio.file.Path;
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

/** Measures speed and memory in comparison with the alternatives. The subcommands measure other properties. */
@Command(
        name = "bench",
        description = {
            "Compares NeuroVisor with the bare VMM, a plain process, bubblewrap and gVisor, in turn in one "
                    + "run: requests, clones, bursts, memory, throughput, living sandboxes, cells.",
            "Prints a table and the targets that are met, and writes every single value. Exit codes: 0 the "
                    + "measurement is complete, whatever the values; 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            BenchAgentCommand.class,
            BenchEnduranceCommand.class,
            BenchFairnessCommand.class,
            BenchTraceCommand.class
        })
public final class BenchCommand implements Callable<Integer> {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--quick",
            description =
                    "Measure fewer rounds, with machines of size small and only Python: in less than five minutes instead of most of an hour.")
    private boolean quick;

    @Option(
            names = "--only",
            paramLabel = "SCENARIO",
            completionCandidates = Names.class,
            description =
                    "Measure only this scenario, of ${COMPLETION-CANDIDATES}. Repeatable. Default: all but sandbox, interpreter and e2b; with --quick also without audit, boot and template.")
    private @Nullable List<String> only;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description =
                    "The file for the values. Default: bench/results/full.json in the repository, sandbox.json with --only=sandbox, interpreter.json with --only=interpreter, e2b.json with --only=e2b, or quick.json with --quick or any other --only.")
    private @Nullable Path output;

    @Option(
            names = "--publish",
            description =
                    "Measure nothing; write the figures of bench/results (full, sandbox, interpreter, e2b, firecracker and spans) into the documents.")
    private boolean publish;

    @Spec
    private CommandSpec spec;

    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Scenario.labels().iterator();
        }
    }

    @Override
    public Integer call() {
        List<String> wanted = only == null ? (quick ? Scenario.quickLabels() : Scenario.wholeLabels()) : only;
        wanted.forEach(name -> KnownName.of(name, "--only", Scenario.labels(), spec));
        if (publish) {
            if (quick || only != null || output != null) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--publish measures nothing; it cannot be combined with --quick, --only or --output");
            }
            new SpeedPublication(CommonOptions.home())
                    .publish(document -> guest.common()
                            .tell(spec.commandLine().getErr(), "updated to the figures of the last run: " + document));
            return 0;
        }
        return new SpeedMeasurement(
                        guest,
                        quick,
                        wanted,
                        output,
                        spec.commandLine().getOut(),
                        spec.commandLine().getErr())
                .run();
    }
}

package io.neurovisor.cli.examples;

import io.neurovisor.cli.console.KnownName;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.examples.Examples;
import io.neurovisor.server.setting.SettingGroup;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs an example that demonstrates and checks a promise of NeuroVisor. */
@Command(
        name = "example",
        description = "Runs an example that demonstrates a promise of NeuroVisor and checks it.",
        footer = {
            "",
            "Exit codes: 0 the promise held, 1 it did not; 4 no model; 77 this machine lacks",
            "what the example shows; 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
@AcceptsSettings(SettingGroup.MODEL)
public final class ExampleCommand implements Callable<Integer> {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(names = "--list", description = "List the examples.")
    private boolean list;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            completionCandidates = Names.class,
            description = "The name of an example that --list shows.")
    private @Nullable String name;

    @Spec
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
        return new ExampleRunner(guest, out, spec.commandLine().getErr()).run(known());
    }

    private String known() {
        if (name == null) {
            throw new ParameterException(spec.commandLine(), "NAME is missing; --list shows the examples");
        }
        return KnownName.of(name, "example", Examples.names(), spec);
    }
}

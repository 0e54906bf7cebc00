package io.neurovisor.cli.admin;

import io.neurovisor.cli.completion.CommandFiles;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.server.Uninstallation;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Removes all files that NeuroVisor has written. */
@Command(
        name = "uninstall",
        description = {
            "Removes everything that NeuroVisor has written: the data directory with images, kernels, templates "
                    + "and sessions, the directory of its sockets, and what install has written.",
            "The checkout, the cache of its launcher and the packages are kept."
        },
        mixinStandardHelpOptions = true)
public final class UninstallCommand implements Callable<Integer> {
    private static final int DECLINED = 1;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--purge", description = "Also remove the default settings file.")
    private boolean purge;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask for confirmation.")
    private boolean yes;

    @Spec
    private CommandSpec spec;

    private final ProcessEnvironment environment;

    public UninstallCommand(ProcessEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Uninstallation uninstallation = new Uninstallation(
                common.settings(),
                purge ? List.of(LoadedConfig.standardFile(environment)) : List.of(),
                environment.variables());
        List<UnusedPath> contents = uninstallation.contents();
        PrintWriter out = spec.commandLine().getOut();
        List<Path> files = CommandFiles.installed(CommonOptions.home(), environment);
        if (contents.isEmpty() && files.isEmpty()) {
            out.println("nothing to remove");
            out.flush();
            return 0;
        }
        contents.forEach(
                item -> out.println(item.path() + " (" + item.reason() + ", " + Table.size(item.bytes()) + ")"));
        files.forEach(file -> out.println(file + " (written by install)"));
        out.flush();
        if (!yes && !isConfirmed()) {
            return DECLINED;
        }
        uninstallation.remove();
        files.forEach(PrivateFiles::delete);
        out.println("removed; the checkout " + CommonOptions.home() + " with its build, and the cache "
                + environment.directory("XDG_CACHE_HOME", ".cache").resolve("neurovisor") + ", can be deleted by hand");
        out.flush();
        return 0;
    }

    private boolean isConfirmed() {
        Console console = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "cannot ask without a terminal; use --yes to remove all of this"));
        String answer = console.readLine("Remove all of this? [y/N] ");
        return answer != null && List.of("y", "yes").contains(answer.strip().toLowerCase(Locale.ROOT));
    }
}

package io.neurovisor.cli.completion;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the command available in every directory, with completion. */
@Command(
        name = "install",
        description = {
            "Puts a link to this checkout's launcher on PATH, and completion for bash, zsh and fish.",
            "Files of others are not overwritten. uninstall removes the link and the scripts."
        },
        mixinStandardHelpOptions = true)
public final class InstallCommand implements Runnable {
    @Option(
            names = "--prefix",
            paramLabel = "DIR",
            description =
                    "The directory whose bin and share are used. Default: /usr/local for root, otherwise ~/.local.")
    private @Nullable Path prefix;

    @Spec
    private CommandSpec spec;

    private final ProcessEnvironment environment;

    public InstallCommand(ProcessEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public void run() {
        CommandFiles files = prefix == null
                ? CommandFiles.standard(CommonOptions.home(), environment)
                : CommandFiles.below(
                        CommonOptions.home(), prefix.toAbsolutePath().normalize());
        PrintWriter out = spec.commandLine().getOut();
        files.install(spec.root().commandLine()).forEach(file -> out.println("installed " + file));
        if (!files.isOnPath(environment)) {
            out.println(files.bin() + " is not on PATH; add it: export PATH=" + files.bin() + ":$PATH");
        }
        out.flush();
    }
}

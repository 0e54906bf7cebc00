package io.neurovisor.cli.help;

import io.neurovisor.engine.fault.NeuroVisorException;
import picocli.CommandLine.Model.CommandSpec;

/** A command that the launcher executes itself. It is listed and completed like the others. */
public record LauncherCommand(String name, String description) implements Runnable {
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name(name).mixinStandardHelpOptions(true);
        spec.usageMessage().description(description);
        return spec;
    }

    @Override
    public void run() {
        throw NeuroVisorException.invalid(
                name, name + " is a command of the launcher ./neurovisor, which is in the checkout");
    }
}

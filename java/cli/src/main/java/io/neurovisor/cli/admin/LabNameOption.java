package io.neurovisor.cli.admin;

import io.neurovisor.lab.LabName;
import picocli.CommandLine.Option;

/** The option that selects one of several lab machines. */
final class LabNameOption {
    private static final String DEFAULT = "lab";

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = DEFAULT,
            description = "The name of the machine. Default: ${DEFAULT-VALUE}.")
    private String name = DEFAULT;

    LabName name() {
        return new LabName(name);
    }

    /** Returns the option as a further command of this machine needs it; empty for the default. */
    String option() {
        return name.equals(DEFAULT) ? "" : " --name " + name;
    }
}

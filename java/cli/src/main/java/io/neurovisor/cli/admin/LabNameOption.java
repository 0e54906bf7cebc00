package io.neurovisor.cli.admin;

import io.neurovisor.lab.LabName;
import picocli.CommandLine.Option;

/** The option that selects one of several lab machines. */
final class LabNameOption {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "lab",
            description = "The name of the machine. Default: ${DEFAULT-VALUE}.")
    private String name = "lab";

    LabName name() {
        return new LabName(name);
    }
}

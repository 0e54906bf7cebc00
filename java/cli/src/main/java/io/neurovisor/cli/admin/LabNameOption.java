package io.neurovisor.cli.admin;

import io.neurovisor.lab.LabName;
import picocli.CommandLine.Option;

/** Which of several lab machines is meant. */
final class LabNameOption {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "lab",
            description = "One of several machines. Default: ${DEFAULT-VALUE}.")
    private String name = "lab";

    LabName name() {
        return new LabName(name);
    }
}

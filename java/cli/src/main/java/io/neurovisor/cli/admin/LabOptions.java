package io.neurovisor.cli.admin;

import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.lab.LabSize;
import io.neurovisor.server.setting.SettingGroup;
import picocli.CommandLine.Option;

/** The options for the size of a lab machine. */
@AcceptsSettings(SettingGroup.IMAGE_BUILD)
final class LabOptions {
    @Option(
            names = "--memory",
            paramLabel = "MB",
            defaultValue = "2048",
            description = "The machine's memory. Default: ${DEFAULT-VALUE}.")
    private int memoryMegabytes;

    @Option(
            names = "--cpus",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "The number of its processors. Emulated processors wait for each other on a busy host. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int processors;

    LabSize size() {
        return new LabSize(memoryMegabytes, processors);
    }
}

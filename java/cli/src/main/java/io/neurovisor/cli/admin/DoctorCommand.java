package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Terminal;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.doctor.Diagnosis;
import io.neurovisor.server.doctor.Doctor;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Diagnoses the security layers and the machine itself, and suggests fixes. */
@Command(
        name = "doctor",
        description = {
            "Starts a sandbox, checks which of the six layers protect this machine, checks the machine itself, and "
                    + "suggests a fix for each problem.",
            "Nothing is installed or built."
        },
        footer = {
            "",
            "Exit codes:",
            "  0  every layer is live",
            "  1  a layer that should be live is broken, or a check failed",
            "  3  this machine or version cannot provide a layer",
            "  4  nothing is known to be broken, but something could not be examined"
        },
        mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(
            names = "--fix",
            description =
                    "Remove what dead runs have left behind. For all other problems the commands are only printed.")
    private boolean fix;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Diagnosis diagnosis;
        try (ConsoleProgress progress = guest.common().progress()) {
            diagnosis = new Doctor(guest.settings(), InstantSource.system(), Ticker.SYSTEM).examine(fix, progress);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(DoctorJson.format(diagnosis));
        } else {
            new DoctorReport(Terminal.hasColours()).print(diagnosis, out);
        }
        out.flush();
        return ExitCode.of(diagnosis.health());
    }
}

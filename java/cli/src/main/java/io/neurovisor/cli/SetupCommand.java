package io.neurovisor.cli;

import io.neurovisor.server.NeuroVisor;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Makes everything the first run would otherwise wait for. */
@Command(
        name = "setup",
        description = {
            "Installs missing packages, builds the root image, the kernel and the template.",
            "Does nothing that is done already; run calls it by itself."
        },
        mixinStandardHelpOptions = true)
final class SetupCommand implements Callable<Integer> {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation _ = Cancellation.closing(neuroVisor)) {
            neuroVisor.prepare(guest.size());
            StartupCache.standard().refresh(guest.arguments(), neuroVisor.workshop(), progress);
            progress.done();
            spec.commandLine()
                    .getErr()
                    .println("neurovisor: ready (" + neuroVisor.vmm() + ": " + neuroVisor.vmmReason() + "; image "
                            + guest.config().image() + ", size " + guest.size().label() + ")");
        }
        return 0;
    }
}

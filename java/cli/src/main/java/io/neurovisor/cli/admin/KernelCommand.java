package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.host.guestkernel.GuestKernel;
import io.neurovisor.host.guestkernel.Kernels;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.setting.SettingGroup;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists, builds and removes guest kernels. */
@Command(
        name = "kernel",
        description = "Lists, builds and removes guest kernels.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class KernelCommand {
    /** For the removal of compiler and sources, which take three gigabytes. */
    private static final Duration CLEANUP = Duration.ofSeconds(90);

    @Spec
    private CommandSpec spec;

    @Command(
            name = "list",
            description = "Lists the existing kernels, and which of them guests boot.",
            mixinStandardHelpOptions = true)
    @AcceptsSettings(SettingGroup.KERNEL)
    void list(@Mixin CommonOptions common) {
        Table table = new Table("KERNEL", "VERSION", "DIGEST", "SIZE", "BOOTS", "CREATED");
        common.kernels()
                .list()
                .forEach(kernel -> table.row(
                        kernel.kernel().label(),
                        kernel.release().isEmpty() ? "unknown" : kernel.release(),
                        kernel.digest().isEmpty() ? "damaged" : kernel.digest().substring(0, 12),
                        Table.size(kernel.sizeBytes()),
                        kernel.boots() ? "yes" : "no",
                        kernel.problem().orElseGet(() -> Table.time(kernel.created()))));
        table.print(spec.commandLine().getOut());
    }

    @Command(
            name = "build",
            description = {
                "Compiles the small kernel from Debian's source, unless it exists, in up to half an hour.",
                "Afterwards guests boot it. The compiler is installed into a temporary Debian system that is removed at "
                        + "the end."
            },
            mixinStandardHelpOptions = true)
    @AcceptsSettings(SettingGroup.IMAGE_BUILD)
    void build(
            @Mixin CommonOptions common,
            @Option(names = "--rebuild", description = "Build it again, with Debian's current sources.")
                    boolean rebuild) {
        new DataDirectory(common.config().dataDir()).claim();
        try (ConsoleProgress progress = common.progress();
                SpawnerSupervisor supervisor = InstalledComponents.supervisor(common.settings());
                Cancellation _ = Cancellation.unwinding(CLEANUP)) {
            Kernels kernels = InstalledComponents.kernels(common.settings(), supervisor);
            if (rebuild) {
                kernels.rebuild(GuestKernel.SMALL, progress);
            } else {
                kernels.build(GuestKernel.SMALL, progress);
            }
        }
        common.tell(spec.commandLine().getErr(), "the small kernel is ready; guests boot it by --kernel auto");
    }

    @Command(
            name = "rm",
            description = "Removes a kernel. Debian's kernel is downloaded again when it is needed.",
            mixinStandardHelpOptions = true)
    void remove(
            @Mixin CommonOptions common,
            @Parameters(paramLabel = "debian|small", description = "The name that list shows.") String name) {
        try (ConsoleProgress progress = common.progress()) {
            common.kernels().remove(GuestKernel.named(name), progress);
        }
    }
}

package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.daemon.StartChecks;
import io.neurovisor.server.setting.EffectiveValue;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.setting.SettingGroup;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows and checks the settings. */
@Command(
        name = "config",
        description = {
            "Shows or checks the settings.",
            "Each has one name: size is --size, NEUROVISOR_SIZE and \"size: large\" in the file; the first "
                    + "of these that is given counts."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class ConfigCommand {
    @Spec
    private CommandSpec spec;

    private final ProcessEnvironment environment;

    public ConfigCommand(ProcessEnvironment environment) {
        this.environment = environment;
    }

    @Command(
            name = "show",
            description = "Shows every setting's value and where it comes from.",
            mixinStandardHelpOptions = true)
    void show(@Mixin EverySetting settings) {
        Table table = new Table("SETTING", "VALUE", "FROM");
        for (EffectiveValue value : settings.guest.common().loaded().values()) {
            table.row(value.setting().name(), value.value(), value.origin());
        }
        table.print(spec.commandLine().getOut());
    }

    @Command(
            name = "check",
            description = {
                "Ends with 2 and says what is wrong when a start would refuse the settings.",
                "Makes the checks of a start: values, data directory, image, kernel, Firecracker, eBPF, user ids, time limits, "
                        + "TLS and the key file. Starts and changes nothing."
            },
            mixinStandardHelpOptions = true)
    int check(@Mixin EverySetting settings) {
        // Values that are not allowed were reported before this runs.
        LoadedConfig loaded = settings.guest.common().loaded();
        PrintWriter err = spec.commandLine().getErr();
        List<String> problems =
                new StartChecks(settings.guest.settings(), environment, InstantSource.system()).problems();
        problems.forEach(problem -> err.println("neurovisor: " + problem));
        err.flush();
        if (!problems.isEmpty()) {
            return ExitCode.USAGE;
        }
        PrintWriter out = spec.commandLine().getOut();
        loaded.file()
                .ifPresentOrElse(
                        file -> out.println(file + ": a start would accept these settings"),
                        () -> out.println("no settings file; a start would accept the environment and the defaults"));
        String image = loaded.config().guest().image();
        if (!settings.guest.common().images().isBuilt(image)) {
            out.println("image " + image + " is not built; the first start builds it, which takes minutes");
        }
        out.flush();
        return 0;
    }

    @AcceptsSettings({
        SettingGroup.POOL,
        SettingGroup.MODEL,
        SettingGroup.RETENTION,
        SettingGroup.LISTEN,
        SettingGroup.STATUS_PORT,
        SettingGroup.STATUS_ACCESS,
        SettingGroup.SOCKET,
        SettingGroup.CALLS,
        SettingGroup.ACCESS,
        SettingGroup.TIMEOUT
    })
    static final class EverySetting {
        @Mixin
        private final GuestOptions guest = new GuestOptions();
    }
}

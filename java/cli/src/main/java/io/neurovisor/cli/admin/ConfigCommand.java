package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.EffectiveValue;
import io.neurovisor.server.setting.SettingGroup;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
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
public final class ConfigCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: show or check");
    }

    @Command(
            name = "show",
            description = "Shows every setting's value and where it comes from.",
            mixinStandardHelpOptions = true)
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
    void show(@Mixin GuestOptions guest) {
        Table table = new Table("SETTING", "VALUE", "FROM");
        for (EffectiveValue value : guest.common().loaded().values()) {
            table.row(value.setting().name(), value.value(), value.origin());
        }
        table.print(spec.commandLine().getOut());
    }

    @Command(
            name = "check",
            description = "Ends with 2 and says what is wrong when a start would refuse the settings.",
            mixinStandardHelpOptions = true)
    void check(@Mixin CommonOptions common) {
        // Problems were reported before this runs.
        LoadedConfig loaded = common.loaded();
        PrintWriter out = spec.commandLine().getOut();
        loaded.file()
                .ifPresentOrElse(
                        file -> out.println(file + " is in order"),
                        () -> out.println("there is no file of settings; the environment is in order"));
        out.flush();
    }
}

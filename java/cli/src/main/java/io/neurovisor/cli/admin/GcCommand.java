package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.server.Housekeeping;
import io.neurovisor.server.setting.SettingGroup;
import java.io.PrintWriter;
import java.time.InstantSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Removes files that are no longer needed. */
@Command(
        name = "gc",
        description = {
            "Removes files that are no longer needed.",
            "These are superseded images, kernels and templates, leftovers of dead runs, expired results of calls with an "
                    + "idempotency key, and sessions that were not used for --sessions-max-age. With --cache-max also "
                    + "templates and then images, the least recently used first. Files in use are kept."
        },
        mixinStandardHelpOptions = true)
@AcceptsSettings(SettingGroup.RETENTION)
public final class GcCommand implements Runnable {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--dry-run", description = "Only print what would be removed.")
    private boolean dryRun;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        Housekeeping.Removed removed = new Housekeeping(common.settings(), InstantSource.system(), dryRun).collect();
        PrintWriter out = spec.commandLine().getOut();
        String verb = dryRun ? "would remove " : "removed ";
        removed.paths()
                .forEach(item ->
                        out.println(verb + item.path() + " (" + Table.size(item.bytes()) + ", " + item.reason() + ")"));
        removed.sessions().forEach(session -> out.println(verb + session));
        if (!common.isQuiet()) {
            int items = removed.items();
            out.println(
                    items == 0
                            ? "nothing to remove"
                            : verb + Table.size(removed.bytes()) + " in " + items + (items == 1 ? " item" : " items"));
        }
        out.flush();
    }
}

package io.neurovisor.cli.sandbox.snapshot;

import java.util.List;

/** The subcommands of {@code sandbox} for snapshots and templates. */
public final class SnapshotSubcommands {
    private SnapshotSubcommands() {}

    /** Returns them in the order of the help. */
    public static List<Object> all() {
        return List.of(
                new SnapshotCommand(),
                new SnapshotsCommand(),
                new DeleteSnapshotCommand(),
                new CreateTemplateCommand(),
                new TemplatesCommand(),
                new DeleteTemplateCommand());
    }
}

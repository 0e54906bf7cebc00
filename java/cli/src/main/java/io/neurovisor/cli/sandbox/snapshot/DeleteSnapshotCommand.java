package io.neurovisor.cli.sandbox.snapshot;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.sandbox.SandboxAccess;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Deletes snapshots. */
@Command(
        name = "delete-snapshot",
        description = "Deletes snapshots. Sandboxes that were created from them are not affected.",
        footer = {"", "Exit codes: 0 all of them are deleted; 1 there was no such snapshot; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class DeleteSnapshotCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(
            paramLabel = "SNAPSHOT",
            arity = "1..*",
            description = "The ids or names of snapshots. Of several with one name, the newest is deleted.")
    private List<String> snapshots = List.of();

    @Override
    public Integer call() {
        return daemon.call(client -> {
            int exitCode = 0;
            for (String snapshot : snapshots) {
                if (!client.deleteSnapshot(snapshot)) {
                    daemon.problem("no snapshot has the id or name \"" + snapshot
                            + "\"; neurovisor sandbox snapshots lists them");
                    exitCode = ExitCode.NOT_READY;
                }
            }
            return exitCode;
        });
    }
}

package io.neurovisor.cli.sandbox.snapshot;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.sandbox.SandboxAccess;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Deletes templates. */
@Command(
        name = "delete-template",
        description =
                "Deletes templates that were made of snapshots. One whose memory sandboxes or snapshots need stays.",
        footer = {
            "",
            "Exit codes: 0 all of them are deleted; 1 there was no such template; 3 no daemon answers; 125 one is needed."
        },
        mixinStandardHelpOptions = true)
final class DeleteTemplateCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(
            paramLabel = "TEMPLATE",
            arity = "1..*",
            description = "The ids or names of templates. Of several with one name, the newest is deleted.")
    private List<String> templates = List.of();

    @Override
    public Integer call() {
        return daemon.call(client -> {
            int exitCode = 0;
            for (String template : templates) {
                if (!client.deleteTemplate(template)) {
                    daemon.problem("no template has the id or name \"" + template
                            + "\"; neurovisor sandbox templates lists them");
                    exitCode = ExitCode.NOT_READY;
                }
            }
            return exitCode;
        });
    }
}

package io.neurovisor.cli.sessions;

import io.neurovisor.cli.options.CommonOptions;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows and continues recorded agent runs. */
@Command(
        name = "sessions",
        description = {
            "Lists, shows, continues, exports and deletes recorded agent runs.",
            "ID is a session's id or the trace id of one of its runs, the beginning of one, or \"last\".",
            "A user sees and deletes their own sessions; root, and the user of the data directory, all of them."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = SessionsResumeCommand.class)
public final class SessionsCommand {
    private static final String JSON = "Print JSON.";
    private static final String ID = "The id that list shows, its beginning, or last.";

    @Spec
    private CommandSpec spec;

    @Command(
            name = "list",
            description = "Lists the sessions with their owners; the one used last comes first.",
            mixinStandardHelpOptions = true)
    void list(@Mixin CommonOptions common, @Option(names = "--json", description = JSON) boolean json) {
        new SessionsPrinter(common, spec.commandLine().getOut()).list(json);
    }

    @Command(name = "show", description = "Shows a session as its runs printed it.", mixinStandardHelpOptions = true)
    void show(
            @Mixin CommonOptions common,
            @Option(names = "--json", description = JSON) boolean json,
            @Parameters(paramLabel = "ID", description = ID) String id) {
        new SessionsPrinter(common, spec.commandLine().getOut()).show(id, json);
    }

    @Command(name = "export", description = "Prints a whole session as Markdown.", mixinStandardHelpOptions = true)
    void export(
            @Mixin CommonOptions common,
            @Option(names = "--json", description = JSON) boolean json,
            @Parameters(paramLabel = "ID", description = ID) String id) {
        new SessionsPrinter(common, spec.commandLine().getOut()).export(id, json);
    }

    @Command(name = "delete", description = "Deletes sessions permanently.", mixinStandardHelpOptions = true)
    void delete(
            @Mixin CommonOptions common,
            @Parameters(paramLabel = "ID", arity = "1..*", description = ID + " Or all.") List<String> ids) {
        new SessionsPrinter(common, spec.commandLine().getOut()).delete(ids);
    }
}

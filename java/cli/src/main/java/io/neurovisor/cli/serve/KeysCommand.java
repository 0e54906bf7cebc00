package io.neurovisor.cli.serve;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.options.CommonOptions;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Creates, lists and revokes the keys with which clients call a daemon. */
@Command(
        name = "keys",
        description = "Creates, lists and revokes the keys that clients of the daemon send as \"authorization: Bearer "
                + "KEY\".",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand {
    @Spec
    private CommandSpec spec;

    @Command(
            name = "create",
            description = "Creates a key and prints it on standard output. It cannot be printed again.",
            mixinStandardHelpOptions = true)
    void create(
            @Mixin CommonOptions common,
            @Mixin KeyArguments arguments,
            @Option(names = "--e2b", description = "Print the key as E2B's clients accept it: e2b_ and 64 digits.")
                    boolean e2b) {
        CommandLine create = requireNonNull(spec.commandLine().getSubcommands().get("create"));
        new Keys(common, create)
                .create(arguments.grant(create, InstantSource.system().instant()), e2b);
    }

    @Command(
            name = "spell",
            description =
                    "Reads a key from standard input and prints its other spelling: e2b_ and 64 digits for nvk_..., and the"
                            + " reverse. Both are the same key.",
            mixinStandardHelpOptions = true)
    void spell(@Mixin CommonOptions common) throws IOException {
        new Keys(common, spec.commandLine()).spell(System.in);
    }

    @Command(
            name = "list",
            description = "Lists all keys, including expired and revoked ones.",
            mixinStandardHelpOptions = true)
    void list(@Mixin CommonOptions common, @Option(names = "--json", description = "Print JSON.") boolean json) {
        new Keys(common, spec.commandLine()).list(json);
    }

    @Command(
            name = "revoke",
            description = "Revokes keys. A running daemon rejects them within a second.",
            mixinStandardHelpOptions = true)
    void revoke(
            @Mixin CommonOptions common,
            @Parameters(paramLabel = "NAME", arity = "1..*", description = "The name that list shows.")
                    List<String> names) {
        new Keys(common, spec.commandLine()).revoke(names);
    }
}

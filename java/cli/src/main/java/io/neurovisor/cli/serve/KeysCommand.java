package io.neurovisor.cli.serve;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.options.CommonOptions;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
            @Option(
                            names = "--scopes",
                            paramLabel = "SCOPE,...",
                            description = "Its scopes, of execute, infer, agent and metrics. Default: all of them.")
                    @Nullable
                    String scopes,
            @Option(
                            names = "--rate",
                            paramLabel = "CAPACITY:PER_SECOND",
                            description = "Its rate limit, such as 100:50. Default: that of the daemon.")
                    @Nullable
                    String rate,
            @Option(
                            names = "--quota",
                            paramLabel = "N/day",
                            description =
                                    "The number of executions that it may start per day (UTC). Default: no limit.")
                    @Nullable
                    String quota,
            @Option(
                            names = "--max-machines",
                            paramLabel = "N",
                            description =
                                    "The number of virtual machines that its programs may have at a time; further calls wait. Default: no limit.")
                    @Nullable
                    String maxMachines,
            @Option(
                            names = "--max-waiting",
                            paramLabel = "N",
                            description =
                                    "The number of its calls that may wait for a virtual machine; further calls are rejected. Default: no limit.")
                    @Nullable
                    String maxWaiting,
            @Option(
                            names = "--token-budget",
                            paramLabel = "N/day",
                            description =
                                    "The number of tokens that models may read and write for it per day (UTC). Default: no limit.")
                    @Nullable
                    String tokenBudget,
            @Option(
                            names = "--expires",
                            paramLabel = "DURATION|DATE",
                            description =
                                    "The time at which it expires: a duration from now such as 12h or 90d, or the beginning (UTC) of a date such as 2030-01-31. Default: never.")
                    @Nullable
                    String expires,
            @Parameters(
                            paramLabel = "NAME",
                            description = "Its name in lists and in the audit log. A name cannot be used twice.")
                    String name) {
        KeyArguments form = new KeyArguments(name, scopes, rate, quota, maxMachines, maxWaiting, tokenBudget, expires);
        CommandLine create = requireNonNull(spec.commandLine().getSubcommands().get("create"));
        new Keys(common, create)
                .create(form.grant(create, InstantSource.system().instant()));
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

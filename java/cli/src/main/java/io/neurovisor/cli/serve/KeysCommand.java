package io.neurovisor.cli.serve;

import io.neurovisor.cli.options.CommonOptions;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes, lists and revokes the keys with which clients call a daemon. */
@Command(
        name = "keys",
        description = "Makes, lists and revokes the keys that clients of the daemon show as \"authorization: Bearer "
                + "KEY\".",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: create, list or revoke");
    }

    @Command(
            name = "create",
            description = "Makes a key and prints it, alone on standard output; nobody can print it again.",
            mixinStandardHelpOptions = true)
    void create(
            @Mixin CommonOptions common,
            @Option(
                            names = "--scopes",
                            paramLabel = "SCOPE,...",
                            description = "What it opens, of execute, infer, agent and metrics. Default: all of them.")
                    @Nullable
                    String scopes,
            @Option(
                            names = "--rate",
                            paramLabel = "CAPACITY:PER_SECOND",
                            description = "A rate limit of its own, such as 100:50. Default: the daemon's.")
                    @Nullable
                    String rate,
            @Option(
                            names = "--quota",
                            paramLabel = "N/day",
                            description = "How many executions it may start in one day of UTC. Default: no limit.")
                    @Nullable
                    String quota,
            @Option(
                            names = "--max-machines",
                            paramLabel = "N",
                            description =
                                    "How many virtual machines its programs may have at a time; further calls wait. Default: no limit.")
                    @Nullable
                    String maxMachines,
            @Option(
                            names = "--max-waiting",
                            paramLabel = "N",
                            description =
                                    "How many of its calls may wait for a virtual machine; further ones are refused. Default: no limit.")
                    @Nullable
                    String maxWaiting,
            @Option(
                            names = "--token-budget",
                            paramLabel = "N/day",
                            description =
                                    "How many tokens models may read and write for it in one day of UTC. Default: no limit.")
                    @Nullable
                    String tokenBudget,
            @Option(
                            names = "--expires",
                            paramLabel = "DURATION|DATE",
                            description =
                                    "When it is refused from: a duration from now such as 12h or 90d, or a date such as 2030-01-31, at whose beginning in UTC it expires. Default: never.")
                    @Nullable
                    String expires,
            @Parameters(
                            paramLabel = "NAME",
                            description = "What lists and the audit log call it. No name is used twice.")
                    String name) {
        KeyForm form = new KeyForm(name, scopes, rate, quota, maxMachines, maxWaiting, tokenBudget, expires);
        new Keys(common, spec.commandLine())
                .create(form.grant(spec.commandLine(), InstantSource.system().instant()));
    }

    @Command(name = "list", description = "Lists all keys there ever were.", mixinStandardHelpOptions = true)
    void list(
            @Mixin CommonOptions common, @Option(names = "--json", description = "Print JSON instead.") boolean json) {
        new Keys(common, spec.commandLine()).list(json);
    }

    @Command(
            name = "revoke",
            description = "Makes keys open nothing any more, within a second also in a daemon that runs.",
            mixinStandardHelpOptions = true)
    void revoke(
            @Mixin CommonOptions common,
            @Parameters(paramLabel = "NAME", arity = "1..*", description = "As list shows it.") List<String> names) {
        new Keys(common, spec.commandLine()).revoke(names);
    }
}

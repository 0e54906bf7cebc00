package io.neurovisor.cli.serve;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.access.keys.KeyExpiry;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.KeySecret;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.access.keys.TokenBudget;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.setting.DataSize;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The arguments of {@code keys create}, which {@link #grant} checks. */
final class KeyArguments {
    private static final int MAX_SHOWN_CHARACTERS = 60;

    @Parameters(
            paramLabel = "NAME",
            description = "Its name in lists and in the audit log. A name cannot be used twice.")
    private String name;

    @Option(
            names = "--scopes",
            paramLabel = "SCOPE,...",
            description = "Its scopes, of execute, infer, agent, sandbox and metrics. Default: all of them.")
    private @Nullable String scopes;

    @Option(
            names = "--rate",
            paramLabel = "CAPACITY:PER_SECOND",
            description = "Its rate limit, such as 100:50. Default: that of the daemon.")
    private @Nullable String rate;

    @Option(
            names = "--quota",
            paramLabel = "N/day",
            description = "The number of executions that it may start per day (UTC). Default: no limit.")
    private @Nullable String quota;

    @Option(
            names = "--max-machines",
            paramLabel = "N",
            description = "The number of virtual machines that its programs may have at a time; further calls wait."
                    + " Default: no limit.")
    private @Nullable String maxMachines;

    @Option(
            names = "--max-waiting",
            paramLabel = "N",
            description = "The number of its calls that may wait for a virtual machine; further calls are rejected."
                    + " Default: no limit.")
    private @Nullable String maxWaiting;

    @Option(
            names = "--max-sandboxes",
            paramLabel = "N",
            description = "The number of sandboxes that it may have running at a time. Default: no limit.")
    private @Nullable String maxSandboxes;

    @Option(
            names = "--sandbox-memory",
            paramLabel = "SIZE",
            description = "The memory of all its running sandboxes together, such as 4G. Default: no limit.")
    private @Nullable String sandboxMemory;

    @Option(
            names = "--max-paused",
            paramLabel = "N",
            description = "The number of its sandboxes that may be paused. Default: no limit but the daemon's.")
    private @Nullable String maxPaused;

    @Option(
            names = "--sandbox-disk",
            paramLabel = "SIZE",
            description =
                    "The size of its paused sandboxes and snapshots on the disk, such as 2G. Default: no limit but the"
                            + " daemon's.")
    private @Nullable String sandboxDisk;

    @Option(
            names = "--token-budget",
            paramLabel = "N/day",
            description =
                    "The number of tokens that models may read and write for it per day (UTC). Default: no limit.")
    private @Nullable String tokenBudget;

    @Option(
            names = "--expires",
            paramLabel = "DURATION|DATE",
            description = "The time at which it expires: a duration from now such as 12h or 90d, or the beginning (UTC)"
                    + " of a date such as 2030-01-31. Default: never.")
    private @Nullable String expires;

    /** Returns the checked arguments; throws one exception that lists all problems. */
    KeyGrant grant(CommandLine command, Instant now) {
        List<String> problems = new ArrayList<>();
        Optional<KeyName> checkedName = parse("NAME", name, KeyName::parse, KeyName.ALLOWED, problems);
        Set<Scope> checkedScopes = scopes(problems);
        Optional<RateLimit> checkedRate = parse("--rate", rate, RateLimit::parse, RateLimit.ALLOWED, problems);
        Optional<Quota> checkedQuota = parse("--quota", quota, Quota::parse, Quota.ALLOWED, problems);
        PoolShare checkedShare = new PoolShare(
                parse("--max-machines", maxMachines, PoolShare::parse, PoolShare.ALLOWED, problems),
                parse("--max-waiting", maxWaiting, PoolShare::parse, PoolShare.ALLOWED, problems));
        SandboxQuota checkedSandboxes = new SandboxQuota(
                parse("--max-sandboxes", maxSandboxes, SandboxQuota::parse, SandboxQuota.ALLOWED, problems),
                parse("--sandbox-memory", sandboxMemory, DataSize::parse, SandboxQuota.ALLOWED_SIZE, problems),
                parse("--max-paused", maxPaused, SandboxQuota::parse, SandboxQuota.ALLOWED, problems),
                parse("--sandbox-disk", sandboxDisk, DataSize::parse, SandboxQuota.ALLOWED_SIZE, problems));
        Optional<TokenBudget> checkedTokens =
                parse("--token-budget", tokenBudget, TokenBudget::parse, TokenBudget.ALLOWED, problems);
        Optional<KeyExpiry> checkedExpiry =
                parse("--expires", expires, text -> KeyExpiry.parse(text, now), KeyExpiry.ALLOWED, problems);
        if (!problems.isEmpty()) {
            throw new ParameterException(command, String.join("; ", problems));
        }
        return new KeyGrant(
                checkedName.orElseThrow(),
                checkedScopes,
                checkedRate,
                checkedQuota,
                checkedShare,
                checkedSandboxes,
                checkedTokens,
                checkedExpiry);
    }

    private Set<Scope> scopes(List<String> problems) {
        Set<Scope> found = EnumSet.noneOf(Scope.class);
        if (scopes == null) {
            return EnumSet.allOf(Scope.class);
        }
        Arrays.stream(scopes.split(",", -1))
                .forEach(label -> parse("--scopes", label, Scope::named, Scope.ALLOWED, problems)
                        .ifPresent(found::add));
        return found;
    }

    private static <T> Optional<T> parse(
            String subject,
            @Nullable String text,
            Function<String, Optional<T>> parser,
            String allowed,
            List<String> problems) {
        if (text == null) {
            return Optional.empty();
        }
        Optional<T> value = parser.apply(text);
        if (value.isEmpty()) {
            problems.add("%s: \"%s\" is not allowed; use %s".formatted(subject, shown(text), allowed));
        }
        return value;
    }

    private static String shown(String text) {
        if (KeySecret.isSimilar(text)) {
            return "nvk_...";
        }
        String line = UntrustedText.line(text);
        return line.length() > MAX_SHOWN_CHARACTERS ? line.substring(0, MAX_SHOWN_CHARACTERS) + "..." : line;
    }
}

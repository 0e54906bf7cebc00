package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about who may call a server, how often, and what is kept of it. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class AccessOptions {
    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Serve over TLS with this certificate, followed by those that vouch for it, in PEM. Default:"
                    + " off. Environment: NEUROVISOR_TLS_CERT.")
    private @Nullable String tlsCert;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "Its private key, in PEM. Default: off. Environment: NEUROVISOR_TLS_KEY.")
    private @Nullable String tlsKey;

    @Option(
            names = "--tls-client-ca",
            paramLabel = "FILE",
            description = "Serve only clients whose certificates these vouch for, in PEM. Default: off. Environment:"
                    + " NEUROVISOR_TLS_CLIENT_CA.")
    private @Nullable String tlsClientCa;

    @Option(
            names = "--insecure-listen",
            paramLabel = "on|off",
            arity = "0..1",
            fallbackValue = "on",
            description = "Let other machines call without TLS. Default: off. Environment: NEUROVISOR_INSECURE_LISTEN.")
    private @Nullable String insecureListen;

    @Option(
            names = "--require-keys",
            paramLabel = "on|off",
            arity = "0..1",
            fallbackValue = "on",
            description =
                    "Ask callers over loopback for a key too, as behind a reverse proxy; the Unix socket needs none."
                            + " Default: off. Environment: NEUROVISOR_REQUIRE_KEYS.")
    private @Nullable String requireKeys;

    @Option(
            names = "--rate-limit",
            paramLabel = "CAPACITY:PER_SECOND|off",
            description = "How often each who calls may do so. Default: 100:50. Environment: NEUROVISOR_RATE_LIMIT.")
    private @Nullable String rateLimit;

    @Option(
            names = "--audit-max",
            paramLabel = "SIZE|off",
            description = "What all files of the audit log may take, such as 2G; the oldest goes first. Default: 100M."
                    + " Environment: NEUROVISOR_AUDIT_MAX.")
    private @Nullable String auditMax;
}

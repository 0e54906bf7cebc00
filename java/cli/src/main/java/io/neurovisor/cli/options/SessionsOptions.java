package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about how long recorded agent runs are kept. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class SessionsOptions {
    @Option(
            names = "--sessions-max-age",
            paramLabel = "DAYS|off",
            description = "How long a session is kept that nobody uses, such as 7d. Default: 30d; off keeps all."
                    + " Environment: NEUROVISOR_SESSIONS_MAX_AGE.")
    private @Nullable String sessionsMaxAge;
}

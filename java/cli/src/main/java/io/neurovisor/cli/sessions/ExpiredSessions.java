package io.neurovisor.cli.sessions;

import io.neurovisor.cli.agent.History;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.session.SessionSummary;
import io.neurovisor.session.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The sessions that nobody has used for so long that they are not kept. */
public final class ExpiredSessions {
    private ExpiredSessions() {}

    /** Removes them, if {@code --sessions-max-age} has any removed; returns a line for each. */
    public static List<String> remove(CommonOptions common, Instant now, boolean dryRun) {
        return common.loaded().config().sessions().maxAge().stream()
                .flatMap(age -> older(common, now, age, dryRun).stream())
                .toList();
    }

    private static List<String> older(CommonOptions common, Instant now, Duration age, boolean dryRun) {
        try (Sessions sessions = History.existing(common).orElse(null)) {
            if (sessions == null) {
                return List.of();
            }
            return sessions.removeUnusedSince(now.minus(age), dryRun).stream()
                    .map(session -> line(session, age))
                    .toList();
        }
    }

    private static String line(SessionSummary session, Duration age) {
        return "session " + session.id() + " (used last " + session.used().truncatedTo(ChronoUnit.SECONDS)
                + ", kept for " + age.toDays() + " days)";
    }
}

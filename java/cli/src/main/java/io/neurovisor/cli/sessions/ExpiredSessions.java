package io.neurovisor.cli.sessions;

import io.neurovisor.cli.agent.History;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.session.SessionSummary;
import io.neurovisor.session.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Removes the sessions that have not been used for longer than {@code --sessions-max-age}. */
public final class ExpiredSessions {
    private ExpiredSessions() {}

    /** Removes the expired sessions and returns a line for each; none expire unless {@code --sessions-max-age} is set. */
    public static List<String> remove(CommonOptions common, Instant now, boolean dryRun) {
        return common.loaded().config().retention().sessionsMaxAge().stream()
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

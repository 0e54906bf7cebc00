package io.neurovisor.cli;

import io.neurovisor.session.SessionSummary;
import io.neurovisor.session.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The sessions that nobody has used for so long that they are not kept. */
final class ExpiredSessions {
    private static final Duration KEPT = Duration.ofDays(30);

    private ExpiredSessions() {}

    /** Removes them; returns a line for each. */
    static List<String> remove(CommonOptions common, Instant now, boolean dryRun) {
        try (Sessions sessions = History.existing(common).orElse(null)) {
            if (sessions == null) {
                return List.of();
            }
            return sessions.removeUnusedSince(now.minus(KEPT), dryRun).stream()
                    .map(ExpiredSessions::line)
                    .toList();
        }
    }

    private static String line(SessionSummary session) {
        return "session " + session.id() + " (used last " + session.used().truncatedTo(ChronoUnit.SECONDS)
                + ", kept for " + KEPT.toDays() + " days)";
    }
}

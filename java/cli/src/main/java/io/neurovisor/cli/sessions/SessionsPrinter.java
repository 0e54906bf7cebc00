package io.neurovisor.cli.sessions;

import io.neurovisor.cli.agent.AgentText;
import io.neurovisor.cli.agent.History;
import io.neurovisor.cli.agent.TranscriptFile;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.session.RecordedRun;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.RunState;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionSummary;
import io.neurovisor.session.Sessions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Prints recorded sessions. */
final class SessionsPrinter {
    private static final int TASK_CHARACTERS = 50;
    private static final String ALL = "all";

    private final CommonOptions common;
    private final PrintWriter out;
    private final SessionOwner user = SessionOwner.ofThisProcess();

    SessionsPrinter(CommonOptions common, PrintWriter out) {
        this.common = common;
        this.out = out;
    }

    void list(boolean json) {
        List<SessionSummary> all;
        try (Sessions sessions = History.existing(common).orElse(null)) {
            all = sessions == null ? List.of() : sessions.list(user);
        }
        if (json) {
            print(SessionJson.of(all).toPrettyString());
            return;
        }
        Table table = new Table("SESSION", "OWNER", "USED", "STATE", "RUNS", "MODEL", "TASK");
        all.forEach(session -> table.row(
                session.id().toString(),
                session.owner().label(),
                session.used().truncatedTo(ChronoUnit.SECONDS).toString(),
                label(session.state()),
                Integer.toString(session.runs()),
                UntrustedText.line(session.model()),
                shortened(UntrustedText.line(session.task()))));
        table.print(out);
    }

    void show(String id, boolean json) {
        RecordedSession session = find(id);
        if (json) {
            print(SessionJson.of(session).toPrettyString());
            return;
        }
        print("Session " + session.id());
        for (RecordedRun run : session.runs()) {
            print("");
            SessionReplay.into(run, new AgentText(this::print, run.task()));
            if (run.result().isEmpty()) {
                print("");
                print(unfinished(run, session.id()));
            }
        }
    }

    void export(String id, boolean json) {
        RecordedSession session = find(id);
        if (json) {
            print(SessionJson.of(session).toPrettyString());
            return;
        }
        StringWriter text = new StringWriter();
        for (RecordedRun run : session.runs()) {
            SessionReplay.into(run, TranscriptFile.to(text, run.task(), run.model()));
            text.write(run.result().isEmpty() ? "\n" + unfinished(run, session.id()) + "\n\n" : "\n");
        }
        // Control characters are printed only as JSON.
        print(UntrustedText.lines(text.toString()).stripTrailing());
    }

    void delete(List<String> ids) {
        try (Sessions sessions = History.required(common)) {
            // All sessions are looked up before the first one is deleted.
            List<SessionId> found = ids.equals(List.of(ALL))
                    ? sessions.list(user).stream().map(SessionSummary::id).toList()
                    : ids.stream().map(id -> sessions.find(user, id)).distinct().toList();
            for (SessionId id : found) {
                Optional<String> sandbox = sessions.session(user, id).sandbox();
                sessions.delete(user, id);
                sandbox.ifPresent(this::kill);
                if (!common.isQuiet()) {
                    print("deleted " + id);
                }
            }
        }
    }

    /** Ends the sandbox of a deleted session, if its daemon runs. */
    private void kill(String sandbox) {
        try (SandboxClient client =
                SandboxClient.connect(common.config().daemon().socket(), Optional.empty())) {
            boolean _ = client.kill(sandbox);
        } catch (NeuroVisorException failure) {
            print("sandbox " + sandbox + " of the session is kept (" + failure.getMessage()
                    + "); to delete it: ./neurovisor sandbox kill " + sandbox);
        }
    }

    private RecordedSession find(String id) {
        try (Sessions sessions = History.required(common)) {
            return sessions.session(user, sessions.find(user, id));
        }
    }

    private static String unfinished(RecordedRun run, SessionId id) {
        return run.state() == RunState.RUNNING
                ? "Still running."
                : "Interrupted: its process died. Continue with: ./neurovisor sessions resume " + id + " TASK";
    }

    private static String label(RunState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String shortened(String text) {
        return text.length() > TASK_CHARACTERS ? text.substring(0, TASK_CHARACTERS) + "..." : text;
    }

    private void print(String text) {
        out.println(text);
        out.flush();
    }
}

package io.neurovisor.session;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.database.Database;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.session.RecordedMessage.Role;
import java.time.Duration;
import java.time.InstantSource;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;

/**
 * Records a run as it happens. Every event is on disk when its method returns, except for a reply that is being
 * received, of which the last second may be missing. Must be closed by the thread that began it.
 */
public final class SessionRecorder implements AgentListener, AutoCloseable {
    /** The interval between two stored states of an unfinished reply, each of which is a synchronous write. */
    private static final Duration REPLY_INTERVAL = Duration.ofSeconds(1);

    private final Database database;
    private final SessionId session;
    private final long run;
    private final RunLock alive;
    private final InstantSource clock;
    private final Ticker ticker;

    // By identity, because model servers may use an id twice.
    private final IdentityHashMap<ToolCall, Long> calls = new IdentityHashMap<>();
    private final StringBuilder reply = new StringBuilder();
    private int iterations;
    private Deadline nextReply;

    SessionRecorder(Database database, SessionId session, long run, RunLock alive, InstantSource clock, Ticker ticker) {
        this.database = database;
        this.session = session;
        this.run = run;
        this.alive = alive;
        this.clock = clock;
        this.ticker = ticker;
        this.nextReply = Deadline.after(REPLY_INTERVAL, ticker);
    }

    public SessionId session() {
        return session;
    }

    /** Records the sandbox in which the code is executed, so that the next run of the session continues in it. */
    public void sandbox(String id) {
        write(writer -> writer.sandbox(session, id));
    }

    @Override
    public void iteration(int number, String model) {
        // It is stored together with the reply.
        iterations = number;
        reply.setLength(0);
    }

    @Override
    public void text(String piece) {
        reply.append(piece);
        if (nextReply.hasPassed()) {
            writeReply();
        }
    }

    @Override
    public void retry(String reason) {
        reply.setLength(0);
    }

    @Override
    public void said(Message message) {
        switch (message) {
            case Message.Instruction(String _) -> {}
            case Message.User(String text) -> write(writer -> writer.insertMessage(run, Role.USER, text));
            case Message.Assistant(String text, List<ToolCall> wanted) -> replied(text, wanted);
            case Message.ToolResult(ToolCall call, String text, var _) ->
                write(writer -> writer.result(key(call), text));
        }
    }

    private void replied(String text, List<ToolCall> wanted) {
        reply.setLength(0);
        write(writer -> {
            writer.progress(run, iterations, "");
            long message = writer.insertMessage(run, Role.ASSISTANT, text);
            wanted.forEach(call -> calls.put(call, writer.insertCall(message, call)));
        });
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        write(writer -> writer.insertExecution(key(call), request, result));
    }

    @Override
    public void refused(ToolCall call, String reason) {
        write(writer -> writer.refuse(key(call), reason));
    }

    @Override
    public void ended(AgentResult result) {
        write(writer -> writer.end(run, result, reply.toString()));
    }

    private void writeReply() {
        write(writer -> writer.progress(run, iterations, reply.toString()));
        nextReply = Deadline.after(REPLY_INTERVAL, ticker);
    }

    private long key(ToolCall call) {
        Long key = calls.get(call);
        if (key == null) {
            throw new NeuroVisorException(Fault.INTERNAL, "a result refers to an unknown call: " + call.id());
        }
        return key;
    }

    private void write(Consumer<RunWriter> change) {
        database.change(handle -> {
            RunWriter writer = new RunWriter(handle, clock.instant());
            change.accept(writer);
            writer.countBytes(session);
        });
    }

    @Override
    public void close() {
        alive.close();
    }
}

package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextState;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.trace.TraceScope;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a model's code as cells of one sandbox, in the shared context of their language. A context whose interpreter has ended is
 * restarted, and the result says so.
 */
final class InterpreterCodeRunner implements CodeRunner {
    /** For an answer of the interpreter that runs no code. */
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private static final String STARTED_AFRESH = "the variables of earlier calls are lost, because ";

    private final GuestInterpreter interpreter;
    private final Duration timeout;
    private final Context context = Context.current();
    private boolean isReplacement;

    /** @param isReplacement whether an earlier sandbox was lost, which the first result says */
    InterpreterCodeRunner(GuestInterpreter interpreter, Duration timeout, boolean isReplacement) {
        this.interpreter = interpreter;
        this.timeout = timeout;
        this.isReplacement = isReplacement;
    }

    @Override
    public CodeTool tool() {
        return CodeTool.CELL;
    }

    @Override
    public CodeResult run(CodeRequest request) {
        try (TraceScope _ = TraceScope.open(request.traceId(), context)) {
            CellTranscript transcript = new CellTranscript();
            ContextInfo chosen = interpreter.shared(request.language().label(), start());
            if (isReplacement) {
                isReplacement = false;
                transcript.remark(STARTED_AFRESH + "the earlier sandbox has ended; its files are lost, too");
            }
            if (chosen.state() == ContextState.DEAD) {
                ContextInfo _ = interpreter.restart(chosen.id(), start());
                transcript.remark(STARTED_AFRESH + "the interpreter had ended");
            }
            return transcript.result(follow(chosen.id(), spec(request.code()), transcript));
        }
    }

    private CellSpec spec(String code) {
        return new CellSpec(
                code, Map.of(), Optional.empty(), Optional.of(timeout), false, false, false, TableFormat.JSON);
    }

    /** Follows the cell to its end, also if its sandbox is paused or copied meanwhile. */
    private CellEnd follow(ContextId id, CellSpec cell, CellTranscript transcript) {
        CellEvents events = interpreter.execute(id, cell, answer());
        while (true) {
            try (CellEvents attached = events) {
                return awaitEnd(attached, transcript);
            } catch (NeuroVisorException failure) {
                if (failure.fault() != Fault.SANDBOX_MOVED || transcript.cell() == 0) {
                    throw failure;
                }
            }
            events = interpreter.attach(id, transcript.cell(), transcript.nextEvent(), answer());
        }
    }

    private static CellEnd awaitEnd(CellEvents events, CellTranscript transcript) {
        while (true) {
            CellEvent event = events.next()
                    .orElseThrow(() -> new NeuroVisorException(
                            Fault.SANDBOX_LOST, "the interpreter has stopped to report about the cell"));
            Optional<CellEnd> end = transcript.add(event);
            if (end.isPresent()) {
                return end.get();
            }
        }
    }

    private static Deadline start() {
        return Deadline.after(GuestInterpreter.START_LIMIT, Ticker.SYSTEM);
    }

    private static Deadline answer() {
        return Deadline.after(ANSWER, Ticker.SYSTEM);
    }
}

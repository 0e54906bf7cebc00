package io.neurovisor.server.sandbox;

import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.files.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * The code interpreter of a sandbox whose cells are recorded before they are queued.
 *
 * @param cells receives the context and the digest of the code
 */
record AuditedInterpreter(GuestInterpreter interpreter, BiConsumer<ContextId, String> cells)
        implements GuestInterpreter {
    @Override
    public CellEvents execute(ContextId context, CellSpec cell, Deadline deadline) {
        cells.accept(context, Sha256.of(cell.code().getBytes(StandardCharsets.UTF_8)));
        return interpreter.execute(context, cell, deadline);
    }

    @Override
    public ContextInfo create(ContextSpec spec, Deadline deadline) {
        return interpreter.create(spec, deadline);
    }

    @Override
    public ContextInfo shared(String language, Deadline deadline) {
        return interpreter.shared(language, deadline);
    }

    @Override
    public ContextList list(Deadline deadline) {
        return interpreter.list(deadline);
    }

    @Override
    public ContextInfo restart(ContextId context, Deadline deadline) {
        return interpreter.restart(context, deadline);
    }

    @Override
    public void remove(ContextId context, Deadline deadline) {
        interpreter.remove(context, deadline);
    }

    @Override
    public ContextVariables inspect(ContextId context, Deadline deadline) {
        return interpreter.inspect(context, deadline);
    }

    @Override
    public CellEvents attach(ContextId context, long cell, long fromEvent, Deadline deadline) {
        return interpreter.attach(context, cell, fromEvent, deadline);
    }

    @Override
    public void sendInput(ContextId context, long cell, String text, Deadline deadline) {
        interpreter.sendInput(context, cell, text, deadline);
    }

    @Override
    public void endInput(ContextId context, long cell, Deadline deadline) {
        interpreter.endInput(context, cell, deadline);
    }

    @Override
    public void interrupt(ContextId context, long cell, Deadline deadline) {
        interpreter.interrupt(context, cell, deadline);
    }
}

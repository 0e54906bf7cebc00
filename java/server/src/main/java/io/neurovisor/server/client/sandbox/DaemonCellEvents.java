package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.protocol.CellMessages;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events of a cell, from a daemon. The cell is held up while its output is not read. */
final class DaemonCellEvents implements CellEvents {
    private final ContextId context;
    private final DaemonCall<?, io.neurovisor.proto.sandbox.CellEvent> call;
    private @Nullable CellEvent first;

    /** Waits for the first event, so that a request which is refused throws now. */
    DaemonCellEvents(ContextId context, DaemonCall<?, io.neurovisor.proto.sandbox.CellEvent> call, Deadline deadline) {
        this.context = context;
        this.call = call;
        this.first = CellMessages.event(call.first(deadline));
    }

    @Override
    public ContextId context() {
        return context;
    }

    @Override
    public Optional<CellEvent> next() {
        CellEvent begin = first;
        first = null;
        return begin == null ? call.next().map(CellMessages::event) : Optional.of(begin);
    }

    @Override
    public void close() {
        call.close();
    }
}

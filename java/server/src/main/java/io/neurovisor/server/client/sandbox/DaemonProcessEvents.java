package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.time.Deadline;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events of a process, from a daemon. The process is held up while its output is not read. */
final class DaemonProcessEvents implements ProcessEvents {
    private final DaemonCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call;
    private @Nullable Deadline first;

    /** @param deadline for the first event */
    DaemonProcessEvents(DaemonCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call, Deadline deadline) {
        this.call = call;
        this.first = deadline;
    }

    @Override
    public Optional<ProcessEvent> next() {
        Deadline limit = first;
        first = null;
        return (limit == null ? call.next() : call.next(limit.remaining())).map(ProcessMessages::event);
    }

    @Override
    public void close() {
        call.close();
    }
}

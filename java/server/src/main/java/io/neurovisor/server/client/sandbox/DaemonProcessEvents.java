package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.time.Deadline;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events of a process, from a daemon. The process is held up while its output is not read. */
final class DaemonProcessEvents implements ProcessEvents {
    private final DaemonCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call;
    private @Nullable ProcessEvent first;

    /** Waits for the first event, so that a request which is refused throws now. */
    DaemonProcessEvents(DaemonCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call, Deadline deadline) {
        this.call = call;
        this.first = ProcessMessages.event(call.first(deadline));
    }

    @Override
    public Optional<ProcessEvent> next() {
        ProcessEvent begin = first;
        first = null;
        return begin == null ? call.next().map(ProcessMessages::event) : Optional.of(begin);
    }

    @Override
    public void close() {
        call.close();
    }
}

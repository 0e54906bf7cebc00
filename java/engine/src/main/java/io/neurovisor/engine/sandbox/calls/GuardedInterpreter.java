package io.neurovisor.engine.sandbox.calls;

import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import java.util.Optional;

/** The code interpreter of a sandbox: the failure of a call during which it has ended or was paused says so. */
public record GuardedInterpreter(GuestCalls calls) implements GuestInterpreter {
    @Override
    public ContextInfo create(ContextSpec spec, Deadline deadline) {
        return calls.call(machine -> machine.interpreter().create(spec, deadline));
    }

    @Override
    public ContextInfo shared(String language, Deadline deadline) {
        return calls.call(machine -> machine.interpreter().shared(language, deadline));
    }

    @Override
    public ContextList list(Deadline deadline) {
        return calls.call(machine -> machine.interpreter().list(deadline));
    }

    @Override
    public ContextInfo restart(ContextId context, Deadline deadline) {
        return calls.call(machine -> machine.interpreter().restart(context, deadline));
    }

    @Override
    public void remove(ContextId context, Deadline deadline) {
        calls.run(machine -> machine.interpreter().remove(context, deadline));
    }

    @Override
    public ContextVariables inspect(ContextId context, Deadline deadline) {
        return calls.call(machine -> machine.interpreter().inspect(context, deadline));
    }

    @Override
    public CellEvents execute(ContextId context, CellSpec cell, Deadline deadline) {
        return calls.open(
                (machine, guard) -> new Events(guard, machine.interpreter().execute(context, cell, deadline)));
    }

    @Override
    public CellEvents attach(ContextId context, long cell, long fromEvent, Deadline deadline) {
        return calls.open((machine, guard) ->
                new Events(guard, machine.interpreter().attach(context, cell, fromEvent, deadline)));
    }

    @Override
    public void sendInput(ContextId context, long cell, String text, Deadline deadline) {
        calls.run(machine -> machine.interpreter().sendInput(context, cell, text, deadline));
    }

    @Override
    public void endInput(ContextId context, long cell, Deadline deadline) {
        calls.run(machine -> machine.interpreter().endInput(context, cell, deadline));
    }

    @Override
    public void interrupt(ContextId context, long cell, Deadline deadline) {
        calls.run(machine -> machine.interpreter().interrupt(context, cell, deadline));
    }

    private record Events(GuestCalls.Guard guard, CellEvents events) implements CellEvents {
        @Override
        public ContextId context() {
            return events.context();
        }

        @Override
        public Optional<CellEvent> next() {
            return guard.get(events::next);
        }

        @Override
        public void close() {
            try (guard) {
                events.close();
            }
        }
    }
}

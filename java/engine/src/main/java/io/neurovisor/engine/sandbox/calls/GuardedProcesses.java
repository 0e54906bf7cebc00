package io.neurovisor.engine.sandbox.calls;

import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The processes of a sandbox: the failure of a call during which it has ended or was paused says so. */
public record GuardedProcesses(GuestCalls calls) implements GuestProcesses {
    @Override
    public ProcessEvents start(ProcessSpec spec, Deadline deadline) {
        return calls.open(
                (machine, guard) -> new Events(guard, machine.processes().start(spec, deadline)));
    }

    @Override
    public ProcessEvents attach(ProcessSelector process, OutputStart start, Deadline deadline) {
        return calls.open(
                (machine, guard) -> new Events(guard, machine.processes().attach(process, start, deadline)));
    }

    @Override
    public List<ProcessInfo> list(Deadline deadline) {
        return calls.call(machine -> machine.processes().list(deadline));
    }

    @Override
    public void sendInput(ProcessSelector process, ByteBuffer bytes, Deadline deadline) {
        calls.run(machine -> machine.processes().sendInput(process, bytes, deadline));
    }

    @Override
    public ProcessInput streamInput(ProcessSelector process, Deadline deadline) {
        return calls.open(
                (machine, guard) -> new Input(guard, machine.processes().streamInput(process, deadline)));
    }

    @Override
    public void closeInput(ProcessSelector process, Deadline deadline) {
        calls.run(machine -> machine.processes().closeInput(process, deadline));
    }

    @Override
    public void signal(ProcessSelector process, int signal, boolean wholeGroup, Deadline deadline) {
        calls.run(machine -> machine.processes().signal(process, signal, wholeGroup, deadline));
    }

    @Override
    public void resize(ProcessSelector process, TerminalSize size, Deadline deadline) {
        calls.run(machine -> machine.processes().resize(process, size, deadline));
    }

    private record Events(GuestCalls.Guard guard, ProcessEvents events) implements ProcessEvents {
        @Override
        public Optional<ProcessEvent> next() {
            return guard.get(events::next);
        }

        @Override
        public void close() {
            try (guard) {
                events.close();
            }
        }
    }

    private record Input(GuestCalls.Guard guard, ProcessInput input) implements ProcessInput {
        @Override
        public void write(ByteBuffer bytes) {
            guard.run(() -> input.write(bytes));
        }

        @Override
        public void finish() {
            guard.run(input::finish);
        }

        @Override
        public void onEnd(Runnable action) {
            input.onEnd(action);
        }

        @Override
        public void close() {
            try (guard) {
                input.close();
            }
        }
    }
}

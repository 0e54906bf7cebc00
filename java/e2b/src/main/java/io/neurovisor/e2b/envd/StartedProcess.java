package io.neurovisor.e2b.envd;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.e2b.process.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessSelector;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.SignalResponse;

/** A process that a call has started. It ends with the deadline of that call, as clients give a program its time. */
final class StartedProcess {
    private static final int KILL = 9;

    private final EnvdCall call;
    private int pid;

    StartedProcess(EnvdCall call) {
        this.call = call;
    }

    ProcessEvent seen(ProcessEvent event) {
        if (event.hasStart()) {
            pid = event.getStart().getPid();
        } else if (event.hasEnd()) {
            pid = 0;
        }
        return event;
    }

    void endAtDeadline() {
        Deadline deadline = Context.current().getDeadline();
        if (pid == 0 || deadline == null || !deadline.isExpired()) {
            return;
        }
        SignalRequest kill = SignalRequest.newBuilder()
                .setSandboxId(call.sandboxId())
                .setProcess(ProcessSelector.newBuilder().setPid(pid))
                .setSignal(KILL)
                .setWholeGroup(true)
                .build();
        // In the context of the call nothing can be called any more.
        Context.ROOT.run(() -> {
            try {
                SignalResponse _ = call.processes().signal(kill);
            } catch (StatusRuntimeException ended) {
                // By itself, or with its sandbox.
            }
        });
    }
}

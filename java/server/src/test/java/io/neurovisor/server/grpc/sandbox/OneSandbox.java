package io.neurovisor.server.grpc.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeProcesses;

/** One running sandbox. */
public record OneSandbox(GuestProcesses processes, GuestFiles files) implements RunningSandboxes {
    public static final String ID = "aaaaaaaaaaaaaaaaaaaa";

    public OneSandbox(GuestFiles files) {
        this(new FakeProcesses(() -> {}), files);
    }

    public OneSandbox(GuestProcesses processes) {
        this(processes, new FakeFiles());
    }

    @Override
    public Guest require(String sandboxId) {
        if (!sandboxId.equals(ID)) {
            throw new NeuroVisorException(Fault.SANDBOX_UNKNOWN, "no sandbox " + sandboxId);
        }
        return new Guest(processes, files);
    }
}

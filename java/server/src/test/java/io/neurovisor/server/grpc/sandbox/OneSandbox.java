package io.neurovisor.server.grpc.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.interpreter.FakeInterpreter;

/** One running sandbox. */
public record OneSandbox(GuestProcesses processes, GuestFiles files, GuestInterpreter interpreter)
        implements RunningSandboxes {
    public static final String ID = "aaaaaaaaaaaaaaaaaaaa";

    public OneSandbox(GuestFiles files) {
        this(new FakeProcesses(() -> {}), files, new FakeInterpreter(() -> {}));
    }

    public OneSandbox(GuestProcesses processes) {
        this(processes, new FakeFiles(), new FakeInterpreter(() -> {}));
    }

    public OneSandbox(GuestInterpreter interpreter) {
        this(new FakeProcesses(() -> {}), new FakeFiles(), interpreter);
    }

    @Override
    public Guest require(String sandboxId) {
        if (!sandboxId.equals(ID)) {
            throw new NeuroVisorException(Fault.SANDBOX_UNKNOWN, "no sandbox " + sandboxId);
        }
        return new Guest(processes, files, interpreter);
    }
}

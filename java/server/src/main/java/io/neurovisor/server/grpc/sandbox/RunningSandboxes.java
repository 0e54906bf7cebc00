package io.neurovisor.server.grpc.sandbox;

import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;

/** Finds the running sandboxes of the client of the current call. */
@FunctionalInterface
public interface RunningSandboxes {
    /**
     * Returns the guest of a sandbox, for this call.
     *
     * @param sandboxId as the client sent it
     * @throws io.neurovisor.engine.fault.NeuroVisorException {@code SANDBOX_UNKNOWN} if the client has no such running
     *     sandbox
     */
    Guest require(String sandboxId);

    /** What a client can use of a sandbox. A failure of it that is due to the end of the sandbox says how it ended. */
    record Guest(GuestProcesses processes, GuestFiles files, GuestInterpreter interpreter) {}
}

package io.neurovisor.server.grpc.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.process.GuestProcesses;
import java.lang.reflect.Proxy;

/** One running sandbox, of which only the files are used. */
public record FilesOnly(GuestFiles files) implements RunningSandboxes {
    public static final String ID = "aaaaaaaaaaaaaaaaaaaa";

    private static final GuestProcesses NO_PROCESSES = (GuestProcesses) Proxy.newProxyInstance(
            GuestProcesses.class.getClassLoader(), new Class<?>[] {GuestProcesses.class}, (_, method, _) -> {
                throw new AssertionError(method);
            });

    @Override
    public Guest require(String sandboxId) {
        if (!sandboxId.equals(ID)) {
            throw new NeuroVisorException(Fault.SANDBOX_UNKNOWN, "no sandbox " + sandboxId);
        }
        return new Guest(NO_PROCESSES, files);
    }
}

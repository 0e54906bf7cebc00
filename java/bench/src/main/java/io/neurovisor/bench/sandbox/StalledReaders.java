package io.neurovisor.bench.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Clients that have stopped reading the output of processes of one sandbox. The processes wait for them for 30 seconds.
 */
public final class StalledReaders implements AutoCloseable {
    public static final int READERS = 10;
    public static final String ALONE = "sandbox, output";
    public static final String CONTENDED = "sandbox, output beside " + READERS + " stalled readers";

    /** More than is kept of a stream, and than can be on its way. */
    private static final String BYTES = "16777216";

    private static final Duration LOOK = Duration.ofMillis(200);

    private final ServedSandbox sandbox;
    private final List<SandboxClient> clients = new ArrayList<>();
    private final List<Integer> waiting = new ArrayList<>();

    private StalledReaders(ServedSandbox sandbox) {
        this.sandbox = sandbox;
    }

    /** Starts the processes with a connection each, and loses the connection of one more. */
    public static StalledReaders of(ServedSandbox sandbox) {
        StalledReaders readers = new StalledReaders(sandbox);
        for (int number = 0; number < READERS; number++) {
            readers.waiting.add(readers.startProcess());
        }
        int _ = readers.startProcess();
        readers.clients.removeLast().close();
        return readers;
    }

    /** Returns the number of the process, whose first output was read. */
    private int startProcess() {
        SandboxClient client = SandboxClient.connect(sandbox.socket(), Optional.empty());
        clients.add(client);
        ProcessEvents events = client.processes(sandbox.id())
                .start(ServedSandbox.spec("head", "-c", BYTES, "/dev/zero"), ServedSandbox.limit());
        int pid = -1;
        for (Optional<ProcessEvent> event = events.next(); event.isPresent(); event = events.next()) {
            if (event.get() instanceof ProcessEvent.Started started) {
                pid = started.pid();
            } else if (event.get() instanceof ProcessEvent.Output) {
                return pid;
            }
        }
        throw new NeuroVisorException(Fault.TOOL_FAILED, "process " + pid + " has no output");
    }

    /** Returns whether all processes still wait. */
    public boolean areWaitedFor() {
        List<Integer> running = sandbox.processes().list(ServedSandbox.limit()).stream()
                .filter(process -> process.end().isEmpty())
                .map(process -> process.pid())
                .toList();
        return running.containsAll(waiting);
    }

    /** Detaches the readers, and waits until their processes have written the rest, which is not the load of later calls. */
    @Override
    public void close() {
        clients.forEach(SandboxClient::close);
        while (isAnyRunning()) {
            Pause.of(LOOK);
        }
    }

    private boolean isAnyRunning() {
        return sandbox.processes().list(ServedSandbox.limit()).stream()
                .anyMatch(process -> process.end().isEmpty());
    }
}

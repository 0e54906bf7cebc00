package io.neurovisor.server.sandbox;

import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.files.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processes of a sandbox whose starts are recorded before they happen.
 *
 * @param starts receives the digest of the command and its arguments, each followed by NUL
 */
record AuditedProcesses(GuestProcesses processes, Consumer<String> starts) implements GuestProcesses {
    @Override
    public ProcessEvents start(ProcessSpec spec, Deadline deadline) {
        String command = Stream.concat(Stream.of(spec.command()), spec.arguments().stream())
                .map(part -> part + '\0')
                .collect(Collectors.joining());
        starts.accept(Sha256.of(command.getBytes(StandardCharsets.UTF_8)));
        return processes.start(spec, deadline);
    }

    @Override
    public ProcessEvents attach(ProcessSelector process, OutputStart start, Deadline deadline) {
        return processes.attach(process, start, deadline);
    }

    @Override
    public List<ProcessInfo> list(Deadline deadline) {
        return processes.list(deadline);
    }

    @Override
    public void sendInput(ProcessSelector process, ByteBuffer bytes, Deadline deadline) {
        processes.sendInput(process, bytes, deadline);
    }

    @Override
    public ProcessInput streamInput(ProcessSelector process, Deadline deadline) {
        return processes.streamInput(process, deadline);
    }

    @Override
    public void closeInput(ProcessSelector process, Deadline deadline) {
        processes.closeInput(process, deadline);
    }

    @Override
    public void signal(ProcessSelector process, int signal, boolean wholeGroup, Deadline deadline) {
        processes.signal(process, signal, wholeGroup, deadline);
    }

    @Override
    public void resize(ProcessSelector process, TerminalSize size, Deadline deadline) {
        processes.resize(process, size, deadline);
    }
}

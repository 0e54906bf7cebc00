package io.neurovisor.e2b.envd;

import io.neurovisor.e2b.HomePath;
import io.neurovisor.proto.e2b.process.PTY;
import io.neurovisor.proto.e2b.process.ProcessConfig;
import io.neurovisor.proto.e2b.process.ProcessEvent;
import io.neurovisor.proto.e2b.process.ProcessInfo;
import io.neurovisor.proto.e2b.process.ProcessSelector;
import io.neurovisor.proto.e2b.process.StartRequest;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.TerminalSize;
import java.util.Map;
import java.util.Optional;

/** Translates messages about processes. */
final class ProcessMessages {
    /** What Go calls the signals that end processes; others have a number. */
    private static final Map<Integer, String> SIGNALS = Map.ofEntries(
            Map.entry(1, "hangup"),
            Map.entry(2, "interrupt"),
            Map.entry(3, "quit"),
            Map.entry(4, "illegal instruction"),
            Map.entry(5, "trace/breakpoint trap"),
            Map.entry(6, "aborted"),
            Map.entry(7, "bus error"),
            Map.entry(8, "floating point exception"),
            Map.entry(9, "killed"),
            Map.entry(10, "user defined signal 1"),
            Map.entry(11, "segmentation fault"),
            Map.entry(12, "user defined signal 2"),
            Map.entry(13, "broken pipe"),
            Map.entry(14, "alarm clock"),
            Map.entry(15, "terminated"),
            Map.entry(16, "stack fault"),
            Map.entry(24, "CPU time limit exceeded"),
            Map.entry(25, "file size limit exceeded"),
            Map.entry(26, "virtual timer expired"),
            Map.entry(27, "profiling timer expired"),
            Map.entry(29, "I/O possible"),
            Map.entry(30, "power failure"),
            Map.entry(31, "bad system call"));

    private ProcessMessages() {}

    static io.neurovisor.proto.sandbox.StartRequest start(String sandboxId, StartRequest request) {
        ProcessConfig process = request.getProcess();
        io.neurovisor.proto.sandbox.StartRequest.Builder message = io.neurovisor.proto.sandbox.StartRequest.newBuilder()
                .setSandboxId(sandboxId)
                .setCommand(process.getCmd())
                .addAllArgs(process.getArgsList())
                .putAllEnv(process.getEnvsMap())
                .setCwd(HomePath.resolved(process.getCwd()))
                .setTag(request.getTag())
                .setStdin(!request.hasStdin() || request.getStdin());
        if (request.hasPty()) {
            message.setPty(size(request.getPty()));
        }
        return message.build();
    }

    static TerminalSize size(PTY pty) {
        return TerminalSize.newBuilder()
                .setRows(pty.getSize().getRows())
                .setCols(pty.getSize().getCols())
                .build();
    }

    static io.neurovisor.proto.sandbox.ProcessSelector selector(ProcessSelector selector) {
        io.neurovisor.proto.sandbox.ProcessSelector.Builder message =
                io.neurovisor.proto.sandbox.ProcessSelector.newBuilder();
        return switch (selector.getSelectorCase()) {
            case PID -> message.setPid(selector.getPid()).build();
            case TAG -> message.setTag(selector.getTag()).build();
            case SELECTOR_NOT_SET -> message.build();
        };
    }

    static ProcessInfo info(io.neurovisor.proto.sandbox.ProcessInfo process) {
        ProcessInfo.Builder info = ProcessInfo.newBuilder()
                .setPid(process.getPid())
                .setConfig(ProcessConfig.newBuilder()
                        .setCmd(process.getCommand())
                        .addAllArgs(process.getArgsList())
                        .putAllEnvs(process.getEnvMap())
                        .setCwd(process.getCwd()));
        if (!process.getTag().isEmpty()) {
            info.setTag(process.getTag());
        }
        return info.build();
    }

    /** Returns the event for clients; empty for one that their protocol does not have. */
    static Optional<ProcessEvent> event(io.neurovisor.proto.sandbox.ProcessEvent event) {
        ProcessEvent.Builder message = ProcessEvent.newBuilder();
        return switch (event.getEventCase()) {
            case STARTED -> {
                message.getStartBuilder().setPid(event.getStarted().getPid());
                yield Optional.of(message.build());
            }
            case OUTPUT -> Optional.of(message.setData(data(event.getOutput())).build());
            case ENDED -> Optional.of(message.setEnd(end(event.getEnded())).build());
            case KEEP_ALIVE ->
                Optional.of(message.setKeepalive(ProcessEvent.KeepAlive.getDefaultInstance())
                        .build());
            case GAP, EVENT_NOT_SET -> Optional.empty();
        };
    }

    private static ProcessEvent.DataEvent data(ProcessOutput output) {
        ProcessEvent.DataEvent.Builder data = ProcessEvent.DataEvent.newBuilder();
        return switch (output.getStream()) {
            case PROCESS_STREAM_STDERR -> data.setStderr(output.getData()).build();
            case PROCESS_STREAM_PTY -> data.setPty(output.getData()).build();
            case PROCESS_STREAM_STDOUT, PROCESS_STREAM_UNSPECIFIED, UNRECOGNIZED ->
                data.setStdout(output.getData()).build();
        };
    }

    private static ProcessEvent.EndEvent end(ProcessEnded ended) {
        ProcessEvent.EndEvent.Builder end = ProcessEvent.EndEvent.newBuilder();
        if (ended.getSignal() > 0) {
            String status = "signal: " + SIGNALS.getOrDefault(ended.getSignal(), "signal " + ended.getSignal());
            return end.setExitCode(-1).setStatus(status).setError(status).build();
        }
        String status = "exit status " + ended.getExitCode();
        end.setExitCode(ended.getExitCode()).setExited(true).setStatus(status);
        return ended.getExitCode() == 0 ? end.build() : end.setError(status).build();
    }
}

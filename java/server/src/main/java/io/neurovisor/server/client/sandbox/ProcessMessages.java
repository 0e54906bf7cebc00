package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.StartRequest;
import java.time.Duration;
import java.util.Optional;

/** Translates processes between the engine's values and protobuf messages, on the client's side. */
final class ProcessMessages {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    /** The size of a listed process' terminal is not reported. */
    private static final TerminalSize SOME_TERMINAL = new TerminalSize(24, 80);

    private ProcessMessages() {}

    static StartRequest message(String sandbox, ProcessSpec spec) {
        StartRequest.Builder message = StartRequest.newBuilder()
                .setSandboxId(sandbox)
                .setCommand(spec.command())
                .addAllArgs(spec.arguments())
                .putAllEnv(spec.environment())
                .setStdin(spec.hasInput())
                .setEndWithStream(spec.endsWithStream());
        spec.directory().ifPresent(message::setCwd);
        spec.terminal().ifPresent(size -> message.setPty(message(size)));
        spec.tag().ifPresent(message::setTag);
        spec.timeout().ifPresent(timeout -> message.setTimeoutSecs((int) timeout.toSeconds()));
        return message.build();
    }

    static AttachRequest message(String sandbox, ProcessSelector process, OutputStart start) {
        AttachRequest.Builder message =
                AttachRequest.newBuilder().setSandboxId(sandbox).setProcess(message(process));
        switch (start) {
            case OutputStart.Kept() -> {}
            case OutputStart.From(OutputOffsets offsets) ->
                message.setOffsets(io.neurovisor.proto.sandbox.OutputOffsets.newBuilder()
                        .setStdout(offsets.stdout())
                        .setStderr(offsets.stderr())
                        .setPty(offsets.terminal()));
            case OutputStart.Now() -> message.setFromNow(true);
        }
        return message.build();
    }

    static io.neurovisor.proto.sandbox.ProcessSelector message(ProcessSelector process) {
        return switch (process) {
            case ProcessSelector.Pid(int pid) ->
                io.neurovisor.proto.sandbox.ProcessSelector.newBuilder()
                        .setPid(pid)
                        .build();
            case ProcessSelector.Tag(String tag) ->
                io.neurovisor.proto.sandbox.ProcessSelector.newBuilder()
                        .setTag(tag)
                        .build();
        };
    }

    static io.neurovisor.proto.sandbox.TerminalSize message(TerminalSize size) {
        return io.neurovisor.proto.sandbox.TerminalSize.newBuilder()
                .setRows(size.rows())
                .setCols(size.columns())
                .build();
    }

    static ProcessEvent event(io.neurovisor.proto.sandbox.ProcessEvent event) {
        return switch (event.getEventCase()) {
            case STARTED -> new ProcessEvent.Started(event.getStarted().getPid());
            case OUTPUT -> {
                ProcessOutput output = event.getOutput();
                yield new ProcessEvent.Output(
                        stream(output.getStream()),
                        output.getOffset(),
                        output.getData().asReadOnlyByteBuffer());
            }
            case GAP -> {
                OutputGap gap = event.getGap();
                yield new ProcessEvent.Gap(stream(gap.getStream()), gap.getFrom(), gap.getTo());
            }
            case ENDED -> new ProcessEvent.Ended(end(event.getEnded()));
            // An event that only a newer daemon knows means nothing to this client.
            case KEEP_ALIVE, EVENT_NOT_SET -> new ProcessEvent.KeepAlive();
        };
    }

    static ProcessInfo info(io.neurovisor.proto.sandbox.ProcessInfo process) {
        ProcessSpec spec = new ProcessSpec(
                process.getCommand(),
                process.getArgsList(),
                process.getEnvMap(),
                Optional.of(process.getCwd()),
                process.getPty() ? Optional.of(SOME_TERMINAL) : Optional.empty(),
                false,
                Optional.of(process.getTag()).filter(tag -> !tag.isEmpty()),
                false,
                Optional.empty());
        io.neurovisor.proto.sandbox.OutputOffsets offsets = process.getOffsets();
        return new ProcessInfo(
                process.getPid(),
                spec,
                process.getCwd(),
                SandboxMessages.instant(process.getStarted()),
                process.hasEnded() ? Optional.of(end(process.getEnded())) : Optional.empty(),
                new OutputOffsets(offsets.getStdout(), offsets.getStderr(), offsets.getPty()));
    }

    private static ProcessEnd end(ProcessEnded end) {
        return new ProcessEnd(
                end.getExitCode(),
                end.getSignal(),
                end.getKilledProcess(),
                Duration.ofNanos((long) (end.getDurationMs() * NANOS_PER_MILLISECOND)),
                end.getTimedOut());
    }

    private static ProcessStream stream(io.neurovisor.proto.sandbox.ProcessStream stream) {
        return switch (stream) {
            case PROCESS_STREAM_STDERR -> ProcessStream.STDERR;
            case PROCESS_STREAM_PTY -> ProcessStream.TERMINAL;
            case PROCESS_STREAM_STDOUT, PROCESS_STREAM_UNSPECIFIED, UNRECOGNIZED -> ProcessStream.STDOUT;
        };
    }
}

package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.host.message.GuestText;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.StartRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Translates between messages about processes and the engine's values. Messages of a guest are untrusted. */
final class GuestProcessMessages {
    /** The last second of the year 9999, as in google/protobuf/timestamp.proto. */
    private static final long MAX_SECONDS = 253_402_300_799L;

    private static final int MAX_NANOS = 999_999_999;

    /** A guest does not report the sizes of terminals. */
    private static final TerminalSize USUAL_SIZE = new TerminalSize(24, 80);

    private GuestProcessMessages() {}

    static StartRequest start(ProcessSpec spec) {
        StartRequest.Builder request = StartRequest.newBuilder()
                .setCommand(spec.command())
                .addAllArgs(spec.arguments())
                .putAllEnv(spec.environment())
                .setCwd(spec.directory().orElse(""))
                .setStdin(spec.hasInput())
                .setTag(spec.tag().orElse(""))
                .setEndWithStream(spec.endsWithStream())
                .setTimeoutSecs(Math.toIntExact(
                        spec.timeout().map(timeout -> timeout.toSeconds()).orElse(0L)));
        spec.terminal().ifPresent(size -> request.setPty(size(size)));
        return request.build();
    }

    static AttachRequest attach(ProcessSelector process, OutputStart start) {
        AttachRequest.Builder request = AttachRequest.newBuilder().setProcess(selector(process));
        return switch (start) {
            case OutputStart.Kept() -> request.build();
            case OutputStart.Now() -> request.setFromNow(true).build();
            case OutputStart.From(OutputOffsets offsets) ->
                request.setOffsets(offsets(offsets)).build();
        };
    }

    static io.neurovisor.proto.sandbox.ProcessSelector selector(ProcessSelector process) {
        io.neurovisor.proto.sandbox.ProcessSelector.Builder selector =
                io.neurovisor.proto.sandbox.ProcessSelector.newBuilder();
        return switch (process) {
            case ProcessSelector.Pid(int pid) -> selector.setPid(pid).build();
            case ProcessSelector.Tag(String tag) -> selector.setTag(tag).build();
        };
    }

    static io.neurovisor.proto.sandbox.TerminalSize size(TerminalSize size) {
        return io.neurovisor.proto.sandbox.TerminalSize.newBuilder()
                .setRows(size.rows())
                .setCols(size.columns())
                .build();
    }

    private static io.neurovisor.proto.sandbox.OutputOffsets offsets(OutputOffsets offsets) {
        return io.neurovisor.proto.sandbox.OutputOffsets.newBuilder()
                .setStdout(offsets.stdout())
                .setStderr(offsets.stderr())
                .setPty(offsets.terminal())
                .build();
    }

    /** Translates an event that {@link ProcessEventRules} has accepted. */
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
            case KEEP_ALIVE, EVENT_NOT_SET -> new ProcessEvent.KeepAlive();
        };
    }

    private static ProcessStream stream(io.neurovisor.proto.sandbox.ProcessStream stream) {
        return switch (stream) {
            case PROCESS_STREAM_STDERR -> ProcessStream.STDERR;
            case PROCESS_STREAM_PTY -> ProcessStream.TERMINAL;
            case PROCESS_STREAM_STDOUT, PROCESS_STREAM_UNSPECIFIED, UNRECOGNIZED -> ProcessStream.STDOUT;
        };
    }

    static ProcessEnd end(ProcessEnded ended) {
        return new ProcessEnd(
                ended.getExitCode() & 0xff,
                ended.getSignal() & 0x7f,
                GuestText.line(ended.getKilledProcess()),
                GuestMessages.duration(ended.getDurationMs()),
                ended.getTimedOut());
    }

    static ProcessInfo info(io.neurovisor.proto.sandbox.ProcessInfo info) {
        ProcessSpec spec = new ProcessSpec(
                UntrustedText.line(info.getCommand()),
                info.getArgsList().stream().map(UntrustedText::lines).toList(),
                texts(info.getEnvMap(), UntrustedText::lines),
                Optional.empty(),
                info.getPty() ? Optional.of(USUAL_SIZE) : Optional.empty(),
                false,
                Optional.of(UntrustedText.line(info.getTag())).filter(tag -> !tag.isEmpty()),
                false,
                Optional.empty());
        return new ProcessInfo(
                Math.max(0, info.getPid()),
                spec,
                UntrustedText.line(info.getCwd()),
                time(info.getStarted()),
                info.hasEnded() ? Optional.of(end(info.getEnded())) : Optional.empty(),
                new OutputOffsets(
                        Math.max(0, info.getOffsets().getStdout()),
                        Math.max(0, info.getOffsets().getStderr()),
                        Math.max(0, info.getOffsets().getPty())));
    }

    /** Entries whose names become equal are reduced to one. */
    private static Map<String, String> texts(Map<String, String> texts, UnaryOperator<String> safe) {
        return texts.entrySet().stream()
                .collect(Collectors.toMap(
                        entry -> safe.apply(entry.getKey()), entry -> safe.apply(entry.getValue()), (one, _) -> one));
    }

    private static Instant time(Timestamp time) {
        return Instant.ofEpochSecond(
                Math.clamp(time.getSeconds(), 0, MAX_SECONDS), Math.clamp(time.getNanos(), 0, MAX_NANOS));
    }

    static ByteString bytes(ByteBuffer bytes) {
        return ByteString.copyFrom(bytes);
    }
}

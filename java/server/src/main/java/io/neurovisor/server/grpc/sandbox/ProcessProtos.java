package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.UnsafeByteOperations;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.proto.sandbox.KeepAlive;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.ProcessStarted;

/** Translates processes and their events into messages for clients. */
final class ProcessProtos {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private ProcessProtos() {}

    /** Returns the message of an event. It refers to the output, and must be serialized before the next event. */
    static io.neurovisor.proto.sandbox.ProcessEvent event(ProcessEvent event) {
        io.neurovisor.proto.sandbox.ProcessEvent.Builder message =
                io.neurovisor.proto.sandbox.ProcessEvent.newBuilder();
        return switch (event) {
            case ProcessEvent.Started(int pid) ->
                message.setStarted(ProcessStarted.newBuilder().setPid(pid)).build();
            case ProcessEvent.Output output ->
                message.setOutput(ProcessOutput.newBuilder()
                                .setStream(stream(output.stream()))
                                .setOffset(output.offset())
                                .setData(UnsafeByteOperations.unsafeWrap(output.data())))
                        .build();
            case ProcessEvent.Gap gap ->
                message.setGap(OutputGap.newBuilder()
                                .setStream(stream(gap.stream()))
                                .setFrom(gap.from())
                                .setTo(gap.to()))
                        .build();
            case ProcessEvent.Ended(ProcessEnd end) ->
                message.setEnded(ended(end)).build();
            case ProcessEvent.KeepAlive() ->
                message.setKeepAlive(KeepAlive.getDefaultInstance()).build();
        };
    }

    private static io.neurovisor.proto.sandbox.ProcessStream stream(ProcessStream stream) {
        return switch (stream) {
            case STDOUT -> io.neurovisor.proto.sandbox.ProcessStream.PROCESS_STREAM_STDOUT;
            case STDERR -> io.neurovisor.proto.sandbox.ProcessStream.PROCESS_STREAM_STDERR;
            case TERMINAL -> io.neurovisor.proto.sandbox.ProcessStream.PROCESS_STREAM_PTY;
        };
    }

    private static ProcessEnded ended(ProcessEnd end) {
        return ProcessEnded.newBuilder()
                .setExitCode(end.exitCode())
                .setSignal(end.signal())
                .setKilledProcess(end.killedProcess())
                .setDurationMs(end.duration().toNanos() / NANOS_PER_MILLISECOND)
                .setTimedOut(end.timedOut())
                .build();
    }

    static io.neurovisor.proto.sandbox.ProcessInfo info(ProcessInfo process) {
        io.neurovisor.proto.sandbox.ProcessInfo.Builder message = io.neurovisor.proto.sandbox.ProcessInfo.newBuilder()
                .setPid(process.pid())
                .setTag(process.spec().tag().orElse(""))
                .setCommand(process.spec().command())
                .addAllArgs(process.spec().arguments())
                .putAllEnv(process.spec().environment())
                .setCwd(process.directory())
                .setStarted(SandboxProtos.timestamp(process.started()))
                .setPty(process.spec().terminal().isPresent())
                .setOffsets(offsets(process.offsets()));
        process.end().ifPresent(end -> message.setEnded(ended(end)));
        return message.build();
    }

    private static io.neurovisor.proto.sandbox.OutputOffsets offsets(OutputOffsets offsets) {
        return io.neurovisor.proto.sandbox.OutputOffsets.newBuilder()
                .setStdout(offsets.stdout())
                .setStderr(offsets.stderr())
                .setPty(offsets.terminal())
                .build();
    }
}

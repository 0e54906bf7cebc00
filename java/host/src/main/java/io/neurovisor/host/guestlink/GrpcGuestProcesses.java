package io.neurovisor.host.guestlink;

import io.grpc.MethodDescriptor;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.Credit;
import io.neurovisor.proto.guest.GuestAttachRequest;
import io.neurovisor.proto.guest.GuestProcessServiceGrpc;
import io.neurovisor.proto.guest.GuestStartRequest;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.SendInputRequest;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/** The processes of a guest, called by gRPC. */
final class GrpcGuestProcesses implements GuestProcesses {
    /** Four times the interval at which an agent sends keep-alive events. */
    static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);

    /** 64 that run and 64 that have ended. */
    static final int MOST_PROCESSES = 128;

    private final GuestConnection connection;
    private final Ticker ticker;
    private final Duration longestSilence;

    GrpcGuestProcesses(GuestConnection connection) {
        this(connection, Ticker.SYSTEM, LONGEST_SILENCE);
    }

    /** @param longestSilence the time after which a guest that sends no event counts as silent */
    GrpcGuestProcesses(GuestConnection connection, Ticker ticker, Duration longestSilence) {
        this.connection = connection;
        this.ticker = ticker;
        this.longestSilence = longestSilence;
    }

    @Override
    public ProcessEvents start(ProcessSpec spec, Deadline deadline) {
        return begin(
                GuestProcessServiceGrpc.getStartMethod(),
                bytes -> GuestStartRequest.newBuilder().setCredit(credit(bytes)).build(),
                OutputOffsets.START,
                GuestStartRequest.newBuilder()
                        .setStart(GuestProcessMessages.start(spec))
                        .build(),
                deadline);
    }

    @Override
    public ProcessEvents attach(ProcessSelector process, OutputStart start, Deadline deadline) {
        return begin(
                GuestProcessServiceGrpc.getAttachMethod(),
                bytes ->
                        GuestAttachRequest.newBuilder().setCredit(credit(bytes)).build(),
                start instanceof OutputStart.From(OutputOffsets offsets) ? offsets : OutputOffsets.START,
                GuestAttachRequest.newBuilder()
                        .setAttach(GuestProcessMessages.attach(process, start))
                        .build(),
                deadline);
    }

    private <Q> ProcessEvents begin(
            MethodDescriptor<Q, io.neurovisor.proto.sandbox.ProcessEvent> method,
            IntFunction<Q> credit,
            OutputOffsets from,
            Q request,
            Deadline deadline) {
        GuestStream<Q, io.neurovisor.proto.sandbox.ProcessEvent> stream =
                new GuestStream<>(connection, method, credit, new ProcessEventRules(from, ticker), longestSilence);
        stream.begin(request, deadline);
        return new Events(stream);
    }

    private static Credit credit(int bytes) {
        return Credit.newBuilder().setBytes(bytes).build();
    }

    @Override
    public List<ProcessInfo> list(Deadline deadline) {
        ListProcessesResponse response =
                call(deadline, guest -> guest.listProcesses(ListProcessesRequest.getDefaultInstance()));
        if (response.getProcessesCount() > MOST_PROCESSES) {
            throw connection.violated("listed " + response.getProcessesCount() + " processes");
        }
        return response.getProcessesList().stream()
                .map(GuestProcessMessages::info)
                .toList();
    }

    @Override
    public void sendInput(ProcessSelector process, ByteBuffer bytes, Deadline deadline) {
        SendInputRequest request = SendInputRequest.newBuilder()
                .setProcess(GuestProcessMessages.selector(process))
                .setData(GuestProcessMessages.bytes(bytes))
                .build();
        call(deadline, guest -> guest.sendInput(request));
    }

    @Override
    public ProcessInput streamInput(ProcessSelector process, Deadline deadline) {
        return new GrpcProcessInput(
                connection,
                GuestConnection.apart(() -> GuestProcessServiceGrpc.newBlockingV2Stub(connection.channel())
                        .streamInput()),
                StreamInputRequest.newBuilder()
                        .setProcess(GuestProcessMessages.selector(process))
                        .build(),
                deadline);
    }

    @Override
    public void closeInput(ProcessSelector process, Deadline deadline) {
        CloseInputRequest request = CloseInputRequest.newBuilder()
                .setProcess(GuestProcessMessages.selector(process))
                .build();
        call(deadline, guest -> guest.closeInput(request));
    }

    @Override
    public void signal(ProcessSelector process, int signal, boolean wholeGroup, Deadline deadline) {
        SignalRequest request = SignalRequest.newBuilder()
                .setProcess(GuestProcessMessages.selector(process))
                .setSignal(signal)
                .setWholeGroup(wholeGroup)
                .build();
        call(deadline, guest -> guest.signal(request));
    }

    @Override
    public void resize(ProcessSelector process, TerminalSize size, Deadline deadline) {
        ResizeRequest request = ResizeRequest.newBuilder()
                .setProcess(GuestProcessMessages.selector(process))
                .setSize(GuestProcessMessages.size(size))
                .build();
        call(deadline, guest -> guest.resize(request));
    }

    private <T> T call(Deadline deadline, Function<GuestProcessServiceGrpc.GuestProcessServiceBlockingStub, T> call) {
        return connection.answer(
                () -> call.apply(GuestConnection.withDeadline(
                        GuestProcessServiceGrpc.newBlockingStub(connection.channel()), deadline)),
                GuestStatus::processRefusal);
    }

    private record Events(GuestStream<?, io.neurovisor.proto.sandbox.ProcessEvent> stream) implements ProcessEvents {
        @Override
        public Optional<ProcessEvent> next() {
            return stream.next().map(GuestProcessMessages::event);
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}

package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestHello;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.message.GuestText;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.guest.AdoptRequest;
import io.neurovisor.proto.guest.FreezeRequest;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import io.neurovisor.proto.guest.HelloRequest;
import io.neurovisor.proto.guest.HelloResponse;
import io.neurovisor.proto.guest.PrimeRequest;
import io.neurovisor.proto.guest.PrimeResponse;
import io.neurovisor.proto.guest.RefreshRequest;
import io.neurovisor.proto.guest.SetClockRequest;
import io.neurovisor.proto.guest.StatsRequest;
import io.neurovisor.proto.guest.ThawRequest;
import io.neurovisor.proto.guest.WarmRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/** A guest's agent, called by gRPC. */
final class GrpcGuestChannel implements GuestChannel {
    private final GuestConnection connection;
    private final InstantSource clock;
    private final Consumer<Instant> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    GrpcGuestChannel(ManagedChannel channel, InstantSource clock, Consumer<Instant> onClose) {
        this.connection = new GuestConnection(channel);
        this.clock = clock;
        this.onClose = onClose;
    }

    @Override
    public GuestHello hello(Deadline deadline) {
        HelloResponse hello = call(deadline, guest -> guest.hello(HelloRequest.getDefaultInstance()));
        return new GuestHello(
                hello.getAgentVersion(),
                hello.getKernelRelease(),
                hello.getVcpuCount(),
                hello.getMemoryBytes(),
                // Agents did not say it when there was one version.
                Math.max(1, hello.getProtocol()));
    }

    @Override
    public void refresh(GuestIdentity identity, Deadline deadline) {
        // Connect first, so that the clock is read immediately before the call.
        connection.await(deadline);
        RefreshRequest.Builder request = RefreshRequest.newBuilder()
                .setEntropy(ByteString.fromHex(identity.entropyHex()))
                .setUnixNanos(unixNanos());
        identity.names()
                .ifPresent(names -> request.setHostname(names.hostname())
                        .setMachineId(names.machineId())
                        .setBootId(names.bootId().toString()));
        call(deadline, guest -> guest.refresh(request.build()));
    }

    private long unixNanos() {
        Instant now = clock.instant();
        return Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
    }

    @Override
    public void prime(Program program, Deadline deadline) {
        // Rounded up to seconds: a timeout is reported as the end of the call, not of the program.
        PrimeRequest request = PrimeRequest.newBuilder()
                .setProgram(GuestMessages.request(program, deadline.remaining().plusSeconds(1)))
                .build();
        PrimeResponse response = call(deadline, guest -> guest.prime(request));
        if (response.getExitCode() != 0) {
            throw new NeuroVisorException(
                    Fault.GUEST_REFUSED,
                    "priming " + program.language().label() + " ended with code " + response.getExitCode() + ": "
                            + GuestText.line(response.getStderrTail()));
        }
    }

    @Override
    public void warm(Deadline deadline) {
        call(deadline, guest -> guest.warm(WarmRequest.getDefaultInstance()));
    }

    @Override
    public ProgramExit execute(
            Program program, Duration timeout, TraceId traceId, OutputSink sink, ResponseDeadline deadline) {
        ExecutionServiceGrpc.ExecutionServiceBlockingV2Stub stub = ExecutionServiceGrpc.newBlockingV2Stub(
                        connection.channel())
                .withInterceptors(GuestMessages.traceHeaders(traceId, Optional.empty()));
        try {
            return new ExecutionCall(sink, deadline)
                    .run(GuestConnection.apart(() -> stub.executeStream(GuestMessages.request(program, timeout))));
        } catch (NeuroVisorException failure) {
            throw failure.fault() == Fault.SANDBOX_LOST ? connection.failureOr(failure) : failure;
        }
    }

    @Override
    public long adopt(Map<String, String> environment, Optional<String> directory, Deadline deadline) {
        AdoptRequest request = AdoptRequest.newBuilder()
                .putAllEnv(environment)
                .setCwd(directory.orElse(""))
                .build();
        long diskBytes = call(deadline, guest -> guest.adopt(request)).getDiskBytes();
        connection.mustLast();
        return Math.max(0, diskBytes);
    }

    @Override
    public void setClock(Deadline deadline) {
        call(
                deadline,
                guest -> guest.setClock(
                        SetClockRequest.newBuilder().setUnixNanos(unixNanos()).build()));
    }

    @Override
    public void freeze(Deadline deadline) {
        connection.expectAborts();
        call(deadline, guest -> guest.freeze(FreezeRequest.getDefaultInstance()));
    }

    @Override
    public void thaw(Deadline deadline) {
        call(deadline, guest -> guest.thaw(ThawRequest.getDefaultInstance()));
        connection.mustLast();
    }

    @Override
    public GuestUsage usage(Deadline deadline) {
        return GuestMessages.usage(call(deadline, guest -> guest.stats(StatsRequest.getDefaultInstance())));
    }

    /** Closes the connection for good, after a violation of the protocol below the calls. */
    void violated(String what) {
        NeuroVisorException _ = connection.violated(what);
    }

    @Override
    public Optional<String> failure() {
        return connection.failure();
    }

    @Override
    public GuestProcesses processes() {
        return new GrpcGuestProcesses(connection);
    }

    @Override
    public GuestFiles files() {
        return new GrpcGuestFiles(connection);
    }

    @Override
    public GuestInterpreter interpreter() {
        return new GrpcGuestInterpreter(connection);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            onClose.accept(clock.instant());
        }
        connection.close();
    }

    private <T> T call(Deadline deadline, Function<GuestServiceGrpc.GuestServiceBlockingStub, T> call) {
        return connection.call(GuestServiceGrpc::newBlockingStub, deadline, call);
    }
}

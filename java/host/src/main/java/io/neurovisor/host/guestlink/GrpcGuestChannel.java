package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.guest.GuestHello;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.message.GuestText;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import io.neurovisor.proto.guest.HelloRequest;
import io.neurovisor.proto.guest.HelloResponse;
import io.neurovisor.proto.guest.PrimeRequest;
import io.neurovisor.proto.guest.PrimeResponse;
import io.neurovisor.proto.guest.RefreshRequest;
import io.neurovisor.proto.guest.WarmRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A guest's agent, called by gRPC. */
final class GrpcGuestChannel implements GuestChannel {
    private final ManagedChannel channel;
    private final InstantSource clock;

    GrpcGuestChannel(ManagedChannel channel, InstantSource clock) {
        this.channel = channel;
        this.clock = clock;
    }

    @Override
    public GuestHello hello(Deadline deadline) {
        HelloResponse hello = call(() -> guest(deadline).hello(HelloRequest.getDefaultInstance()));
        return new GuestHello(
                hello.getAgentVersion(), hello.getKernelRelease(), hello.getVcpuCount(), hello.getMemoryBytes());
    }

    @Override
    public void refresh(GuestIdentity identity, Deadline deadline) {
        // Connect first, so that the clock is read immediately before the call.
        awaitConnection(deadline);
        Instant now = clock.instant();
        RefreshRequest request = RefreshRequest.newBuilder()
                .setEntropy(ByteString.fromHex(identity.entropyHex()))
                .setUnixNanos(Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano()))
                .setHostname(identity.hostname())
                .setMachineId(identity.machineId())
                .setBootId(identity.bootId().toString())
                .build();
        call(() -> guest(deadline).refresh(request));
    }

    @Override
    public void prime(Program program, Deadline deadline) {
        // Rounded up to seconds: a timeout is reported as the end of the call, not of the program.
        PrimeRequest request = PrimeRequest.newBuilder()
                .setProgram(GuestMessages.request(program, deadline.remaining().plusSeconds(1)))
                .build();
        PrimeResponse response = call(() -> guest(deadline).prime(request));
        if (response.getExitCode() != 0) {
            throw new NeuroVisorException(
                    Fault.GUEST_REFUSED,
                    "priming " + program.language().label() + " ended with code " + response.getExitCode() + ": "
                            + GuestText.line(response.getStderrTail()));
        }
    }

    @Override
    public void warm(Deadline deadline) {
        call(() -> guest(deadline).warm(WarmRequest.getDefaultInstance()));
    }

    @Override
    public ProgramExit execute(
            Program program, Duration timeout, TraceId traceId, OutputSink sink, ResponseDeadline deadline) {
        ExecutionServiceGrpc.ExecutionServiceBlockingV2Stub stub = ExecutionServiceGrpc.newBlockingV2Stub(channel)
                .withInterceptors(GuestMessages.traceHeaders(traceId, Optional.empty()));
        return new ExecutionCall(sink, deadline)
                .run(apart(() -> stub.executeStream(GuestMessages.request(program, timeout))));
    }

    @Override
    public long adopt(Map<String, String> environment, Optional<String> directory, Deadline deadline) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setClock(Deadline deadline) {
        throw new UnsupportedOperationException();
    }

    @Override
    public GuestUsage usage(Deadline deadline) {
        throw new UnsupportedOperationException();
    }

    @Override
    public GuestProcesses processes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public GuestFiles files() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    /** Returns when the agent has sent its HTTP/2 settings, or when a call would report why the connection failed. */
    private void awaitConnection(Deadline deadline) {
        ConnectivityState state = channel.getState(true);
        while (state == ConnectivityState.IDLE || state == ConnectivityState.CONNECTING) {
            CountDownLatch changed = new CountDownLatch(1);
            channel.notifyWhenStateChanged(state, changed::countDown);
            await(changed, deadline);
            state = channel.getState(true);
        }
    }

    private static void await(CountDownLatch latch, Deadline deadline) {
        try {
            if (!latch.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new NeuroVisorException(Fault.GUEST_SILENT, "the guest agent did not answer in time");
            }
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("waiting for the guest agent was interrupted", exception);
        }
    }

    private GuestServiceGrpc.GuestServiceBlockingStub guest(Deadline deadline) {
        return withDeadline(GuestServiceGrpc.newBlockingStub(channel), deadline);
    }

    private static <S extends AbstractStub<S>> S withDeadline(S stub, Deadline deadline) {
        return stub.withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Begins a call outside of the gRPC context of the request that is served. Otherwise the end of that request would
     * cancel this call, as if the guest had died, before the interruption of the thread gives the reason.
     */
    private static <T> T apart(Supplier<T> call) {
        Context served = Context.ROOT.attach();
        try {
            return call.get();
        } finally {
            Context.ROOT.detach(served);
        }
    }

    private static <T> T call(Supplier<T> call) {
        try {
            return apart(call);
        } catch (StatusRuntimeException exception) {
            throw GuestStatus.failure(exception.getStatus(), exception);
        }
    }
}

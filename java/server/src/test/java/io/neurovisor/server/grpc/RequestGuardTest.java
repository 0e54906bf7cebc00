package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.InputFile;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.StatRequest;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import io.neurovisor.server.access.CallLimits;
import io.neurovisor.server.grpc.guard.InboundMemory;
import io.neurovisor.server.grpc.guard.OutboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponses;
import io.neurovisor.server.grpc.sandbox.FileGrpcService;
import io.neurovisor.server.grpc.sandbox.OneSandbox;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses real connections with requests that a well-behaved client never sends. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class RequestGuardTest {
    private static final int MEMORY_BYTES = 8 << 20;

    private static final Metadata.Key<String> LONG = Metadata.Key.of("x-long", Metadata.ASCII_STRING_MARSHALLER);

    private Supplier<FakeGuest> guests = FakeGuest::new;
    private final FakeVmm vmm = new FakeVmm(_ -> guests.get());
    private final Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);
    private final InboundMemory memory = new InboundMemory(MEMORY_BYTES);
    private final CallLimits limits = new CallLimits();

    @TempDir
    private Path data;

    private ServedExecutions served;
    private ManagedChannel channel;
    private ExecutionServiceGrpc.ExecutionServiceBlockingStub client;

    @BeforeEach
    void serve() {
        serve(Duration.ofMinutes(1));
    }

    /** @param timeout for a complete request */
    private void serve(Duration timeout) {
        served = new ServedExecutions(
                data,
                executions,
                false,
                Optional.empty(),
                (services, interceptors) -> new GrpcPorts(
                        Stream.concat(
                                        services.stream(),
                                        Stream.of(
                                                ProtoReflectionServiceV1.newInstance(),
                                                new FileServiceGrpc.FileServiceImplBase() {},
                                                new ProcessServiceGrpc.ProcessServiceImplBase() {}))
                                .toList(),
                        interceptors,
                        memory,
                        limits,
                        new ClientTimeouts(timeout, Duration.ofHours(1)),
                        new PendingResponses(OutboundMemory.ofThisProcess(), Duration.ofMinutes(1), Ticker.SYSTEM)));
        int port = served.listen();
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        client = ExecutionServiceGrpc.newBlockingStub(channel);
    }

    @Test
    void messagesAboutFilesAreSmall() {
        FileServiceGrpc.FileServiceBlockingStub files = FileServiceGrpc.newBlockingStub(channel);
        assertThat(stat(files, 128 << 10))
                .isEqualTo("RESOURCE_EXHAUSTED: the request has 131076 bytes; a message of"
                        + " neurovisor.sandbox.v1.FileService/Stat may have at most 131072");
        assertThat(stat(files.withCompression("gzip"), 200 << 10)).startsWith("RESOURCE_EXHAUSTED: the request has");
        assertThat(stat(files, 100 << 10)).startsWith("UNIMPLEMENTED");
    }

    @Test
    void aProcessMayHaveAllItsArgumentsAndVariables() {
        StartRequest largest = StartRequest.newBuilder()
                .setSandboxId("a".repeat(20))
                .setCommand("x".repeat(4096))
                .addArgs("x".repeat((128 << 10) - 1))
                .putEnv("A", "x".repeat((128 << 10) - 1))
                .setCwd("/".repeat(4096))
                .build();
        assertThat(start(largest)).startsWith("UNIMPLEMENTED");
        StartRequest larger =
                largest.toBuilder().putEnv("B", "x".repeat(100 << 10)).build();
        assertThat(start(larger)).as("the service names the field").startsWith("UNIMPLEMENTED");
        assertThat(start(largest.toBuilder().putEnv("B", "x".repeat(256 << 10)).build()))
                .startsWith("RESOURCE_EXHAUSTED")
                .endsWith("a message of neurovisor.sandbox.v1.ProcessService/Start may have at most 524288");
    }

    private String start(StartRequest request) {
        ProcessServiceGrpc.ProcessServiceBlockingStub processes = ProcessServiceGrpc.newBlockingStub(channel);
        return String.valueOf(catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> processes.start(request).hasNext())
                .getMessage());
    }

    private static String stat(FileServiceGrpc.FileServiceBlockingStub files, int bytes) {
        StatRequest request =
                StatRequest.newBuilder().setPath("x".repeat(bytes)).build();
        StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, () -> files.stat(request));
        return String.valueOf(refusal.getMessage());
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        served.close();
    }

    @Test
    void invalidBytesAreAlwaysTheClientsFault() throws IOException {
        Random random = new Random(20261126);
        byte[] valid = ExecuteRequest.newBuilder()
                .setLanguage("python")
                .setCode("print(6*7)")
                .setTimeoutSecs(7)
                .putEnv("NAME", "value")
                .setStdin(ByteString.copyFromUtf8("input"))
                .addFiles(InputFile.newBuilder().setPath("a/b").setContent(ByteString.copyFromUtf8("content")))
                .addArgs("argument")
                .setSize("small")
                .setIdempotencyKey("key")
                .build()
                .toByteArray();
        Set<Status.Code> seen = EnumSet.noneOf(Status.Code.class);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = switch (round % 3) {
                case 0 -> Arrays.copyOf(valid, random.nextInt(valid.length));
                case 1 -> mutated(valid, random);
                default -> random(random);
            };
            Status.Code code = codeOf(() -> send(channel, bytes));
            assertThat(code)
                    .as("round %d: %s", round, Arrays.toString(bytes))
                    .isIn(
                            Status.Code.OK,
                            Status.Code.INVALID_ARGUMENT,
                            Status.Code.FAILED_PRECONDITION,
                            Status.Code.NOT_FOUND);
            seen.add(code);
        }
        assertThat(seen).contains(Status.Code.OK, Status.Code.INVALID_ARGUMENT);
        theServiceGoesOn();
    }

    private static byte[] mutated(byte[] valid, Random random) {
        byte[] bytes = valid.clone();
        for (int count = random.nextInt(4); count >= 0; count--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static byte[] random(Random random) {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void rejectsMalformedAndOversizedRequestsWithTheReason() {
        // Field 2, the code, is not UTF-8; field 1 is truncated; a group; a field of the wrong wire type.
        for (byte[] malformed : List.of(
                new byte[] {18, 2, (byte) 0xc3, 0x28}, new byte[] {10, 100, 'p'}, new byte[] {11, 12}, new byte[] {0
                })) {
            StatusRuntimeException refusal = refusal(() -> send(channel, malformed));
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(TestServer.reason(refusal)).isEqualTo("REQUEST_MALFORMED");
        }
        StatusRuntimeException fields = refusal(() -> send(channel, repeated(new byte[] {50, 0}, 200_000)));
        assertThat(fields.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(fields.getStatus().getDescription()).contains("more than 100000 fields");
        assertThat(vmm.starts()).isEmpty();
        theServiceGoesOn();
    }

    private static byte[] repeated(byte[] field, int times) {
        byte[] bytes = new byte[field.length * times];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = field[at % field.length];
        }
        return bytes;
    }

    @Test
    void rejectsUnknownMethodsWithoutEndingTheConnection() {
        assertThat(codeOf(() -> ClientCalls.blockingUnaryCall(
                        channel,
                        InferenceServiceGrpc.getInferMethod(),
                        CallOptions.DEFAULT,
                        io.neurovisor.proto.inference.InferenceRequest.getDefaultInstance())))
                .isEqualTo(Status.Code.UNIMPLEMENTED);
        Metadata headers = new Metadata();
        headers.put(LONG, "x".repeat(20_000));
        assertThat(codeOf(() -> client.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                        .execute(request("1"))))
                .isNotEqualTo(Status.Code.OK);
        Metadata odd = new Metadata();
        for (String name : List.of("traceparent", "x-trace-id", "authorization2", "grpc-previous-rpc-attempts")) {
            odd.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), "~!@#$%^&*()_+{}|:\"<>?");
        }
        assertThat(client.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(odd))
                        .execute(request("odd"))
                        .getStdout())
                .isEqualTo("odd");
        theServiceGoesOn();
    }

    @Test
    void chargesACompressedRequestForItsDecompressedSize() {
        ExecutionServiceGrpc.ExecutionServiceBlockingStub compressing = client.withCompression("gzip");
        assertThat(compressing.execute(request("some output")).getStdout()).isEqualTo("some output");
        StatusRuntimeException refusal = refusal(() -> compressing.execute(large(60 << 20)));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(TestServer.reason(refusal)).isEqualTo("SERVER_BUSY");
        await().until(() -> memory.bytes() == 0);
        theServiceGoesOn();
    }

    @Test
    void rejectsLargeRequestsWithoutMemoryButServesSmallOnes() throws Exception {
        guests = () -> new FakeGuest().hanging();
        List<CompletableFuture<Status>> answers = new ArrayList<>();
        answers.add(begin(large(2 << 20)));
        // Runs first, because the others might exhaust the memory together.
        await().until(() -> vmm.livingCount() == 1);
        for (int count = 0; count < 9; count++) {
            answers.add(begin(large(2 << 20)));
        }
        await().until(() -> answers.stream().filter(CompletableFuture::isDone).count() >= 6);
        assertThat(memory.bytes()).isLessThanOrEqualTo(MEMORY_BYTES);
        for (CompletableFuture<Status> answer : answers) {
            if (answer.isDone()) {
                assertThat(answer.get().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                assertThat(answer.get().getDescription()).contains("try again");
            }
        }
        assertThat(codeOf(() -> client.execute(
                        request("1").toBuilder().setLanguage("cobol").build())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        // The first request holds memory, so there is none left for this one.
        StatusRuntimeException refusal = refusal(() -> client.execute(large(7 << 20)));
        assertThat(TestServer.reason(refusal)).isEqualTo("SERVER_BUSY");
        assertThat(TestServer.retryDelay(refusal)).isEqualTo(Duration.ofSeconds(1));

        channel.shutdownNow();
        await().until(() -> memory.bytes() == 0 && limits.calls() == 0);
    }

    @Test
    void chargesARequestUntilNoThreadUsesIt() {
        guests = () -> new FakeGuest().hanging();
        CompletableFuture<Status> answer =
                begin(large(2 << 20).toBuilder().setIdempotencyKey("k").build());
        await().until(() -> vmm.livingCount() == 1);
        channel.shutdownNow();
        await().until(answer::isDone);
        await().during(Duration.ofMillis(300)).until(() -> memory.bytes() >= (2 << 20) - InboundMemory.FREE_BYTES);
        served.keyed().stopNow();
        await().until(() -> memory.bytes() == 0 && limits.calls() == 0);
    }

    @Test
    void anIncompleteRequestIsRejectedAndFreesItsMemory() throws Exception {
        close();
        serve(Duration.ofSeconds(2));
        CompletableFuture<Status> status = new CompletableFuture<>();
        ClientCall<InputStream, ExecuteResponse> call = channel.newCall(cut(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status closed, Metadata trailers) {
                        status.complete(closed);
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage(new ByteArrayInputStream(large(1 << 20).toByteArray()));
        await().until(() -> memory.bytes() > 0);
        theServiceGoesOn();
        assertThat(status.get().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(status.get().getDescription()).contains("incomplete after 2 s");
        await().until(() -> memory.bytes() == 0 && limits.calls() == 0);
        theServiceGoesOn();
    }

    /** The client has sent its message but does not close its side. */
    private static MethodDescriptor<InputStream, ExecuteResponse> cut() {
        return ExecutionServiceGrpc.getExecuteMethod().toBuilder(
                        RAW, ExecutionServiceGrpc.getExecuteMethod().getResponseMarshaller())
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .build();
    }

    @Test
    void rejectsAnEndlessStreamOfRequests() throws Exception {
        close();
        serve(Duration.ofSeconds(2));
        CompletableFuture<Status> status = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(channel)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {}

                    @Override
                    public void onError(Throwable failure) {
                        status.complete(Status.fromThrowable(failure));
                    }

                    @Override
                    public void onCompleted() {
                        status.complete(Status.OK);
                    }
                });
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        assertThat(status.get().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await().until(() -> limits.calls() == 0);
    }

    /** Of a stream that its service takes message by message, only the newest message is in memory. */
    @Test
    void aStreamMayHaveMoreBytesThanTheMemory() throws Exception {
        try (GrpcPorts ports = new GrpcPorts(
                List.of(new FileGrpcService(new OneSandbox(new FakeFiles()))),
                List.of(new TraceInterceptor(new Random(1), Tracing.OFF)),
                memory,
                limits,
                ClientTimeouts.STANDARD,
                new PendingResponses(OutboundMemory.ofThisProcess(), Duration.ofMinutes(1), Ticker.SYSTEM))) {
            int port = ports.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional.empty());
            ports.serve();
            ManagedChannel files = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            BlockingClientCall<WriteRequest, WriteResponse> call =
                    FileServiceGrpc.newBlockingV2Stub(files).write();
            call.write(WriteRequest.newBuilder()
                    .setTarget(
                            WriteTarget.newBuilder().setSandboxId(OneSandbox.ID).setPath("file"))
                    .build());
            WriteRequest part = WriteRequest.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(new byte[64 << 10]))
                    .build();
            for (int sent = 0; sent < MEMORY_BYTES + (4 << 20); sent += 64 << 10) {
                call.write(part);
                assertThat(memory.bytes()).isLessThan(1 << 20);
            }
            call.halfClose();
            assertThat(call.read().getEntry().getSize()).isEqualTo(MEMORY_BYTES + (4 << 20));
            files.shutdownNow();
        }
        await().until(() -> memory.bytes() == 0);
    }

    private void theServiceGoesOn() {
        assertThat(client.execute(request("goes on")).getStdout()).isEqualTo("goes on");
    }

    private CompletableFuture<Status> begin(ExecuteRequest request) {
        CompletableFuture<Status> status = new CompletableFuture<>();
        ClientCall<ExecuteRequest, ExecuteChunk> call =
                channel.newCall(ExecutionServiceGrpc.getExecuteStreamMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status closed, Metadata trailers) {
                        status.complete(closed);
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage(request);
        call.halfClose();
        return status;
    }

    private static void send(Channel channel, byte[] bytes) {
        ExecuteResponse _ = ClientCalls.blockingUnaryCall(
                channel,
                ExecutionServiceGrpc.getExecuteMethod().toBuilder(
                                RAW, ExecutionServiceGrpc.getExecuteMethod().getResponseMarshaller())
                        .build(),
                CallOptions.DEFAULT,
                new ByteArrayInputStream(bytes));
    }

    private static final MethodDescriptor.Marshaller<InputStream> RAW = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(InputStream bytes) {
            return bytes;
        }

        @Override
        public InputStream parse(InputStream bytes) {
            try {
                return new ByteArrayInputStream(bytes.readAllBytes());
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    };

    private static StatusRuntimeException refusal(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException exception) {
            return exception;
        }
        throw new AssertionError("the call was served");
    }

    private static Status.Code codeOf(Runnable call) {
        try {
            call.run();
            return Status.Code.OK;
        } catch (StatusRuntimeException exception) {
            return exception.getStatus().getCode();
        }
    }

    private static ExecuteRequest large(int bytes) {
        return request("large").toBuilder()
                .setStdin(UnsafeByteOperations.unsafeWrap(new byte[bytes]))
                .build();
    }

    private static ExecuteRequest request(String code) {
        return ExecuteRequest.newBuilder().setLanguage("python").setCode(code).build();
    }
}

package io.neurovisor.cli.sandbox;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.CloseInputResponse;
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.OutputOffsets;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessInfo;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.ProcessSelector;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessStarted;
import io.neurovisor.proto.sandbox.ProcessStream;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.ResizeResponse;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.SignalResponse;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import io.neurovisor.proto.sandbox.TerminalSize;
import io.neurovisor.server.status.RpcFailure;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Processes whose command says what they do. {@code say OUT ERR} writes; {@code exit N} ends; {@code cat} returns its input;
 * {@code wait} runs until a signal, {@code stubborn} until SIGKILL, {@code immortal} goes on; {@code flood N} writes N blocks of 64 KiB; {@code late}
 * times out; {@code die} ends with its sandbox; {@code lose} has lost output; {@code keys} writes each byte that it receives
 * in hexadecimal until q.
 */
@SuppressWarnings("JdkObsolete") // A StringBuffer is written and read by two threads.
final class ScriptedProcesses extends ProcessServiceGrpc.ProcessServiceImplBase {
    private static final int FIRST_PID = 100;
    private static final int SIGKILL = 9;
    private static final String KEPT = "kept";
    private static final ByteString BLOCK = ByteString.copyFrom(new byte[64 << 10]);

    private final FakeSandboxDaemon daemon;
    private final Map<Integer, Scripted> processes = new ConcurrentSkipListMap<>();
    private final AtomicInteger nextPid = new AtomicInteger(FIRST_PID);
    private final AtomicLong flooded = new AtomicLong();
    private final List<TerminalSize> sizes = new CopyOnWriteArrayList<>();
    private final StringBuffer received = new StringBuffer();
    private final List<Integer> signals = new CopyOnWriteArrayList<>();
    private volatile OutputOffsets attached = OutputOffsets.getDefaultInstance();

    ScriptedProcesses(FakeSandboxDaemon daemon) {
        this.daemon = daemon;
    }

    private record Scripted(int pid, StartRequest request, List<StreamObserver<ProcessEvent>> clients) {
        void send(ProcessEvent event) {
            clients.removeIf(client -> ((ServerCallStreamObserver<ProcessEvent>) client).isCancelled());
            clients.forEach(client -> client.onNext(event));
        }

        void end(ProcessEnded end) {
            send(ProcessEvent.newBuilder().setEnded(end).build());
            clients.forEach(StreamObserver::onCompleted);
        }
    }

    List<StartRequest> started() {
        return processes.values().stream().map(Scripted::request).toList();
    }

    /** Returns the sizes that terminals were set to. */
    List<TerminalSize> sizes() {
        return List.copyOf(sizes);
    }

    List<Integer> signals() {
        return List.copyOf(signals);
    }

    /** Returns the offsets from which a client has attached last. */
    OutputOffsets attached() {
        return attached;
    }

    /** Returns all input of all processes. */
    String received() {
        return received.toString();
    }

    long floodedBytes() {
        return flooded.get();
    }

    @Override
    public void start(StartRequest request, StreamObserver<ProcessEvent> client) {
        if (request.getCommand().equals("missing")) {
            client.onError(new RpcFailure(Code.INVALID_ARGUMENT, "INVALID_ARGUMENT", "missing is not a program")
                    .withField(Optional.of("command"))
                    .exception());
            return;
        }
        Scripted process = Objects.requireNonNull(processes.get(add(request)));
        process.clients().add(client);
        process.send(ProcessEvent.newBuilder()
                .setStarted(ProcessStarted.newBuilder().setPid(process.pid()))
                .build());
        play(process, client);
    }

    /** Adds a running process that no client has started; returns its number. */
    int add(StartRequest request) {
        int pid = nextPid.getAndIncrement();
        processes.put(pid, new Scripted(pid, request, new CopyOnWriteArrayList<>()));
        return pid;
    }

    private void play(Scripted process, StreamObserver<ProcessEvent> client) {
        List<String> args = process.request().getArgsList();
        switch (process.request().getCommand()) {
            case "say" -> {
                process.send(output(ProcessStream.PROCESS_STREAM_STDOUT, ByteString.copyFromUtf8(args.getFirst())));
                process.send(output(ProcessStream.PROCESS_STREAM_STDERR, ByteString.copyFromUtf8(args.get(1))));
                process.end(exit(0));
            }
            case "exit" -> process.end(exit(Integer.parseInt(args.getFirst())));
            case "late" ->
                process.end(exit(137).toBuilder()
                        .setTimedOut(true)
                        .setDurationMs(2000)
                        .build());
            case "die" -> {
                process.send(output(ProcessStream.PROCESS_STREAM_STDOUT, ByteString.copyFromUtf8("partial")));
                daemon.end(process.request().getSandboxId(), EndReason.END_REASON_TIMED_OUT);
                client.onError(new RpcFailure(Code.UNAVAILABLE, "SANDBOX_MOVED", "the sandbox has ended").exception());
            }
            case "lose" -> {
                process.send(ProcessEvent.newBuilder()
                        .setGap(OutputGap.newBuilder()
                                .setStream(ProcessStream.PROCESS_STREAM_STDERR)
                                .setFrom(10)
                                .setTo(4106))
                        .build());
                process.end(exit(0));
            }
            case "flood" -> {
                ServerCallStreamObserver<ProcessEvent> reader = (ServerCallStreamObserver<ProcessEvent>) client;
                long total = Long.parseLong(args.getFirst()) * BLOCK.size();
                reader.setOnReadyHandler(() -> flood(process, reader, total));
            }
            default -> {}
        }
    }

    private void flood(Scripted process, ServerCallStreamObserver<ProcessEvent> reader, long total) {
        while (reader.isReady() && flooded.get() < total) {
            process.send(output(ProcessStream.PROCESS_STREAM_STDOUT, BLOCK));
            if (flooded.addAndGet(BLOCK.size()) == total) {
                process.end(exit(0));
            }
        }
    }

    private static ProcessEnded exit(int code) {
        return ProcessEnded.newBuilder().setExitCode(code).build();
    }

    private static ProcessEvent output(ProcessStream stream, ByteString data) {
        return ProcessEvent.newBuilder()
                .setOutput(ProcessOutput.newBuilder().setStream(stream).setData(data))
                .build();
    }

    private @Nullable Scripted find(ProcessSelector selector) {
        return processes.values().stream()
                .filter(process -> selector.hasPid()
                        ? process.pid() == selector.getPid()
                        : process.request().getTag().equals(selector.getTag()))
                .findFirst()
                .orElse(null);
    }

    private static StatusRuntimeException unknown() {
        return new RpcFailure(Code.NOT_FOUND, "PROCESS_UNKNOWN", "there is no such process").exception();
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<ProcessEvent> client) {
        Scripted process = find(request.getProcess());
        if (process == null) {
            client.onError(unknown());
            return;
        }
        attached = request.getOffsets();
        client.onNext(ProcessEvent.newBuilder()
                .setStarted(ProcessStarted.newBuilder().setPid(process.pid()))
                .build());
        client.onNext(output(
                ProcessStream.PROCESS_STREAM_STDOUT,
                ByteString.copyFromUtf8(request.getFromNow() ? "new" : KEPT.substring((int) attached.getStdout()))));
        process.clients().add(client);
        if (process.request().getCommand().equals("wait")) {
            process.end(exit(5));
        }
    }

    @Override
    public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> client) {
        ListProcessesResponse.Builder all = ListProcessesResponse.newBuilder();
        processes.values().forEach(process -> {
            ProcessInfo.Builder info = ProcessInfo.newBuilder()
                    .setPid(process.pid())
                    .setTag(process.request().getTag())
                    .setCommand(process.request().getCommand())
                    .addAllArgs(process.request().getArgsList())
                    .setPty(process.request().hasPty())
                    .setOffsets(OutputOffsets.newBuilder().setStdout(7).setStderr(2))
                    .setStarted(FakeSandboxDaemon.time(1_800_000_000));
            if (process.request().getCommand().equals("exit")) {
                info.setEnded(exit(3));
            }
            all.addProcesses(info);
        });
        FakeSandboxDaemon.answer(client, all.build());
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> client) {
        return new StreamObserver<>() {
            private @Nullable Scripted process;

            @Override
            public void onNext(StreamInputRequest input) {
                if (input.hasProcess()) {
                    process = find(input.getProcess());
                }
                Scripted target = process;
                if (target != null) {
                    received.append(input.getData().toStringUtf8());
                    receive(target, input.getData());
                }
            }

            @Override
            public void onError(Throwable gone) {}

            @Override
            public void onCompleted() {
                FakeSandboxDaemon.answer(client, StreamInputResponse.getDefaultInstance());
            }
        };
    }

    private static void receive(Scripted process, ByteString data) {
        if (process.request().getCommand().equals("cat")) {
            process.send(output(ProcessStream.PROCESS_STREAM_STDOUT, data));
        }
        // A shell is played as keys.
        if (process.request().hasPty()) {
            for (byte key : data) {
                process.send(
                        output(ProcessStream.PROCESS_STREAM_PTY, ByteString.copyFromUtf8("<%02x>\n".formatted(key))));
                if (key == 'q') {
                    process.end(exit(7));
                }
            }
        }
    }

    @Override
    public void closeInput(CloseInputRequest request, StreamObserver<CloseInputResponse> client) {
        Scripted process = find(request.getProcess());
        if (process != null && process.request().getCommand().equals("cat")) {
            process.end(exit(0));
        }
        FakeSandboxDaemon.answer(client, CloseInputResponse.getDefaultInstance());
    }

    @Override
    public void signal(SignalRequest request, StreamObserver<SignalResponse> client) {
        Scripted process = find(request.getProcess());
        if (process == null) {
            client.onError(unknown());
            return;
        }
        signals.add(request.getSignal());
        FakeSandboxDaemon.answer(client, SignalResponse.getDefaultInstance());
        if (isEndedBy(request.getSignal(), process.request().getCommand())) {
            process.end(ProcessEnded.newBuilder()
                    .setSignal(request.getSignal())
                    .setExitCode(128 + request.getSignal())
                    .build());
        }
    }

    private static boolean isEndedBy(int signal, String command) {
        return !command.equals("immortal") && (!command.equals("stubborn") || signal == SIGKILL);
    }

    @Override
    public void resize(ResizeRequest request, StreamObserver<ResizeResponse> client) {
        sizes.add(request.getSize());
        FakeSandboxDaemon.answer(client, ResizeResponse.getDefaultInstance());
    }
}

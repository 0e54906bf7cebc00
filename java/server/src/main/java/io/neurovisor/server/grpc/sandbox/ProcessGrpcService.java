package io.neurovisor.server.grpc.sandbox;

import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.CloseInputResponse;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.ResizeResponse;
import io.neurovisor.proto.sandbox.SendInputRequest;
import io.neurovisor.proto.sandbox.SendInputResponse;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.SignalResponse;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import io.neurovisor.server.grpc.RequestStream;
import io.neurovisor.server.grpc.ServedCall;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/**
 * The processes of clients' sandboxes. A slow reader holds up its own stream. A client that disconnects is detached from
 * its process, which ends only if that was requested.
 */
public final class ProcessGrpcService extends ProcessServiceGrpc.ProcessServiceImplBase {
    /** How long a guest may take to answer. It waits for 10 seconds itself while a process does not read its input. */
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);

    /** How long the first message of a stream of input may take. */
    private static final Duration FIRST_LIMIT = Duration.ofMinutes(1);

    /** How long a client may send no input: the longest life of a sandbox. */
    private static final Duration LONGEST_SILENCE = Duration.ofDays(1);

    /** A guest sends 64 KiB of output ahead of its reader. */
    private static final int OUTPUT_BYTES = (64 << 10) + ServedCall.TRANSPORT_BYTES;

    private final RunningSandboxes sandboxes;

    public ProcessGrpcService(RunningSandboxes sandboxes) {
        this.sandboxes = sandboxes;
    }

    @Override
    public void start(StartRequest request, StreamObserver<ProcessEvent> client) {
        ServedCall.begin(client, call -> {
            ProcessSpec spec = ProcessRequests.spec(request);
            try (ProcessEvents events = processes(request.getSandboxId()).start(spec, deadline())) {
                pass(events, call);
            }
        });
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<ProcessEvent> client) {
        ServedCall.begin(client, call -> {
            ProcessSelector process = ProcessRequests.selector(request.getProcess());
            OutputStart start = ProcessRequests.start(request);
            try (ProcessEvents events = processes(request.getSandboxId()).attach(process, start, deadline())) {
                pass(events, call);
            }
        });
    }

    private static void pass(ProcessEvents events, ServedCall<ProcessEvent> call) {
        call.holdsUnread(OUTPUT_BYTES);
        call.sendAll(() -> events.next().map(ProcessProtos::event));
    }

    @Override
    public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(ListProcessesResponse.newBuilder()
                        .addAllProcesses(processes(request.getSandboxId()).list(deadline()).stream()
                                .map(ProcessProtos::info)
                                .toList())
                        .build()));
    }

    @Override
    public void sendInput(SendInputRequest request, StreamObserver<SendInputResponse> client) {
        ServedCall.begin(client, call -> {
            ProcessSelector process = ProcessRequests.selector(request.getProcess());
            ByteBuffer data = ProcessRequests.input(request.getData());
            processes(request.getSandboxId()).sendInput(process, data, deadline());
            call.send(SendInputResponse.getDefaultInstance());
        });
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> client) {
        return ServedCall.beginStream(client, (requests, call) -> {
            StreamInputRequest first = requests.next(FIRST_LIMIT).orElseGet(StreamInputRequest::getDefaultInstance);
            ProcessSelector process = ProcessRequests.selector(first.getProcess());
            ByteBuffer data = ProcessRequests.input(first.getData());
            try (ProcessInput input = processes(first.getSandboxId()).streamInput(process, deadline())) {
                // Otherwise the call would last until its client sends more.
                input.onEnd(requests::end);
                input.write(data);
                pass(requests, input);
                input.finish();
            }
            call.send(StreamInputResponse.getDefaultInstance());
        });
    }

    private static void pass(RequestStream<StreamInputRequest> requests, ProcessInput input) {
        for (Optional<StreamInputRequest> next = requests.next(LONGEST_SILENCE);
                next.isPresent();
                next = requests.next(LONGEST_SILENCE)) {
            if (next.get().hasProcess() || !next.get().getSandboxId().isEmpty()) {
                throw NeuroVisorException.invalid("process", "only the first message names a process");
            }
            input.write(ProcessRequests.input(next.get().getData()));
        }
    }

    @Override
    public void closeInput(CloseInputRequest request, StreamObserver<CloseInputResponse> client) {
        ServedCall.begin(client, call -> {
            ProcessSelector process = ProcessRequests.selector(request.getProcess());
            processes(request.getSandboxId()).closeInput(process, deadline());
            call.send(CloseInputResponse.getDefaultInstance());
        });
    }

    @Override
    public void signal(SignalRequest request, StreamObserver<SignalResponse> client) {
        ServedCall.begin(client, call -> {
            ProcessSelector process = ProcessRequests.selector(request.getProcess());
            int signal = ProcessRequests.signal(request.getSignal());
            processes(request.getSandboxId()).signal(process, signal, request.getWholeGroup(), deadline());
            call.send(SignalResponse.getDefaultInstance());
        });
    }

    @Override
    public void resize(ResizeRequest request, StreamObserver<ResizeResponse> client) {
        ServedCall.begin(client, call -> {
            ProcessSelector process = ProcessRequests.selector(request.getProcess());
            TerminalSize size = ProcessRequests.size("size", request.getSize());
            processes(request.getSandboxId()).resize(process, size, deadline());
            call.send(ResizeResponse.getDefaultInstance());
        });
    }

    private GuestProcesses processes(String sandboxId) {
        return sandboxes.require(sandboxId).processes();
    }

    private static Deadline deadline() {
        return Deadline.after(ANSWER_LIMIT, Ticker.SYSTEM);
    }
}

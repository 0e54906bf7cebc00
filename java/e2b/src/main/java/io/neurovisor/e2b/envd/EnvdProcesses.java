package io.neurovisor.e2b.envd;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.e2b.process.CloseStdinRequest;
import io.neurovisor.proto.e2b.process.CloseStdinResponse;
import io.neurovisor.proto.e2b.process.ConnectRequest;
import io.neurovisor.proto.e2b.process.ConnectResponse;
import io.neurovisor.proto.e2b.process.ListRequest;
import io.neurovisor.proto.e2b.process.ListResponse;
import io.neurovisor.proto.e2b.process.ProcessEvent;
import io.neurovisor.proto.e2b.process.ProcessGrpc;
import io.neurovisor.proto.e2b.process.ProcessInput;
import io.neurovisor.proto.e2b.process.ProcessSelector;
import io.neurovisor.proto.e2b.process.SendInputRequest;
import io.neurovisor.proto.e2b.process.SendInputResponse;
import io.neurovisor.proto.e2b.process.SendSignalRequest;
import io.neurovisor.proto.e2b.process.SendSignalResponse;
import io.neurovisor.proto.e2b.process.StartRequest;
import io.neurovisor.proto.e2b.process.StartResponse;
import io.neurovisor.proto.e2b.process.StreamInputRequest;
import io.neurovisor.proto.e2b.process.StreamInputResponse;
import io.neurovisor.proto.e2b.process.UpdateRequest;
import io.neurovisor.proto.e2b.process.UpdateResponse;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.CloseInputResponse;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.ResizeResponse;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.SignalResponse;
import java.util.Iterator;
import java.util.function.Function;

/** The processes of a sandbox, as envd serves them. */
public final class EnvdProcesses extends ProcessGrpc.ProcessImplBase {
    /** The largest piece of input that the daemon takes. */
    private static final int PIECE_BYTES = 64 << 10;

    @Override
    public void start(StartRequest request, StreamObserver<StartResponse> observer) {
        EnvdCall.begin(observer, (call, client) -> {
            StartedProcess process = new StartedProcess(call);
            try {
                call.processes()
                        .start(ProcessMessages.start(call.sandboxId(), request))
                        .forEachRemaining(event -> ProcessMessages.event(event)
                                .map(process::seen)
                                .map(seen -> StartResponse.newBuilder()
                                        .setEvent(seen)
                                        .build())
                                .ifPresent(client::onNext));
            } finally {
                process.endAtDeadline();
            }
        });
    }

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectResponse> observer) {
        stream(
                observer,
                call -> call.processes()
                        .attach(AttachRequest.newBuilder()
                                .setSandboxId(call.sandboxId())
                                .setProcess(ProcessMessages.selector(request.getProcess()))
                                .setFromNow(true)
                                .build()),
                event -> ConnectResponse.newBuilder().setEvent(event).build());
    }

    /** Sends the events of a process as they come. */
    private static <A> void stream(
            StreamObserver<A> observer,
            Function<EnvdCall, Iterator<io.neurovisor.proto.sandbox.ProcessEvent>> source,
            Function<ProcessEvent, A> message) {
        EnvdCall.begin(
                observer,
                (call, client) -> source.apply(call)
                        .forEachRemaining(event ->
                                ProcessMessages.event(event).map(message).ifPresent(client::onNext)));
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> observer) {
        EnvdCall.answer(observer, call -> {
            ListResponse.Builder response = ListResponse.newBuilder();
            call
                    .processes()
                    .listProcesses(ListProcessesRequest.newBuilder()
                            .setSandboxId(call.sandboxId())
                            .build())
                    .getProcessesList()
                    .stream()
                    .filter(process -> !process.hasEnded())
                    .forEach(process -> response.addProcesses(ProcessMessages.info(process)));
            return response.build();
        });
    }

    @Override
    public void sendInput(SendInputRequest request, StreamObserver<SendInputResponse> observer) {
        EnvdCall.answer(observer, call -> {
            send(call, request.getProcess(), request.getInput());
            return SendInputResponse.getDefaultInstance();
        });
    }

    /** Fails if there is no such process. */
    private static void find(EnvdCall call, ProcessSelector process) {
        io.neurovisor.proto.sandbox.SendInputResponse _ = call.processes()
                .sendInput(io.neurovisor.proto.sandbox.SendInputRequest.newBuilder()
                        .setSandboxId(call.sandboxId())
                        .setProcess(ProcessMessages.selector(process))
                        .build());
    }

    private static void send(EnvdCall call, ProcessSelector process, ProcessInput input) {
        if (input.getInputCase() == ProcessInput.InputCase.INPUT_NOT_SET) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("input has neither stdin nor pty")
                    .asRuntimeException();
        }
        ByteString bytes = input.hasPty() ? input.getPty() : input.getStdin();
        for (int from = 0; from < bytes.size(); from += PIECE_BYTES) {
            io.neurovisor.proto.sandbox.SendInputResponse _ = call.processes()
                    .sendInput(io.neurovisor.proto.sandbox.SendInputRequest.newBuilder()
                            .setSandboxId(call.sandboxId())
                            .setProcess(ProcessMessages.selector(process))
                            .setData(bytes.substring(from, Math.min(bytes.size(), from + PIECE_BYTES)))
                            .build());
        }
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> observer) {
        InputStreamObserver input = new InputStreamObserver(EnvdCall.CURRENT.get(), observer);
        input.attempt(input.call::checkUser);
        return input;
    }

    /** Sends the pieces of a stream one after the other. */
    private static final class InputStreamObserver implements StreamObserver<StreamInputRequest> {
        private final EnvdCall call;
        private final StreamObserver<StreamInputResponse> client;
        private ProcessSelector process = ProcessSelector.getDefaultInstance();
        private boolean isOver;

        InputStreamObserver(EnvdCall call, StreamObserver<StreamInputResponse> client) {
            this.call = call;
            this.client = client;
        }

        @Override
        public void onNext(StreamInputRequest request) {
            if (isOver) {
                return;
            }
            switch (request.getEventCase()) {
                case START -> {
                    process = request.getStart().getProcess();
                    attempt(() -> find(call, process));
                }
                case DATA -> attempt(() -> send(call, process, request.getData().getInput()));
                case KEEPALIVE, EVENT_NOT_SET -> {}
            }
        }

        /** Ends the stream if something fails. */
        private void attempt(Runnable work) {
            try {
                work.run();
            } catch (StatusRuntimeException failure) {
                isOver = true;
                client.onError(call.translated(failure).asRuntimeException());
            }
        }

        @Override
        public void onError(Throwable gone) {
            isOver = true;
        }

        @Override
        public void onCompleted() {
            if (!isOver) {
                client.onNext(StreamInputResponse.getDefaultInstance());
                client.onCompleted();
            }
        }
    }

    @Override
    public void closeStdin(CloseStdinRequest request, StreamObserver<CloseStdinResponse> observer) {
        EnvdCall.answer(observer, call -> {
            try {
                CloseInputResponse _ = call.processes()
                        .closeInput(CloseInputRequest.newBuilder()
                                .setSandboxId(call.sandboxId())
                                .setProcess(ProcessMessages.selector(request.getProcess()))
                                .build());
            } catch (StatusRuntimeException failure) {
                // A process that was started without input has nothing to close.
                if (failure.getStatus().getCode() != Status.Code.FAILED_PRECONDITION) {
                    throw failure;
                }
            }
            return CloseStdinResponse.getDefaultInstance();
        });
    }

    @Override
    public void sendSignal(SendSignalRequest request, StreamObserver<SendSignalResponse> observer) {
        EnvdCall.answer(observer, call -> {
            SignalResponse _ = call.processes()
                    .signal(SignalRequest.newBuilder()
                            .setSandboxId(call.sandboxId())
                            .setProcess(ProcessMessages.selector(request.getProcess()))
                            .setSignal(request.getSignalValue())
                            .setWholeGroup(true)
                            .build());
            return SendSignalResponse.getDefaultInstance();
        });
    }

    @Override
    public void update(UpdateRequest request, StreamObserver<UpdateResponse> observer) {
        EnvdCall.answer(observer, call -> {
            if (!request.hasPty()) {
                return UpdateResponse.getDefaultInstance();
            }
            ResizeResponse _ = call.processes()
                    .resize(ResizeRequest.newBuilder()
                            .setSandboxId(call.sandboxId())
                            .setProcess(ProcessMessages.selector(request.getProcess()))
                            .setSize(ProcessMessages.size(request.getPty()))
                            .build());
            return UpdateResponse.getDefaultInstance();
        });
    }
}

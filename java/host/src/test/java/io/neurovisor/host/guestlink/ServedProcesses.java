package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.GuestAttachRequest;
import io.neurovisor.proto.guest.GuestProcessServiceGrpc;
import io.neurovisor.proto.guest.GuestStartRequest;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.CloseInputResponse;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessInfo;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.ProcessStarted;
import io.neurovisor.proto.sandbox.ProcessStream;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.ResizeResponse;
import io.neurovisor.proto.sandbox.SendInputRequest;
import io.neurovisor.proto.sandbox.SendInputResponse;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.SignalResponse;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import io.neurovisor.testkit.FakeProcesses;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** An agent's service of processes in this JVM. It sends no more output than it has credits for. */
final class ServedProcesses extends GuestProcessServiceGrpc.GuestProcessServiceImplBase implements AutoCloseable {
    private final FakeProcesses processes = new FakeProcesses(() -> {});

    @Override
    public void close() {
        processes.lose();
    }

    @Override
    public StreamObserver<GuestStartRequest> start(StreamObserver<ProcessEvent> host) {
        return new Stream<>(host) {
            @Override
            public void onNext(GuestStartRequest request) {
                switch (request.getPartCase()) {
                    case START -> open(() -> processes.start(spec(request.getStart()), soon()));
                    case CREDIT -> credits.release(request.getCredit().getBytes());
                    case PART_NOT_SET -> throw new AssertionError("an empty request");
                }
            }
        };
    }

    @Override
    public StreamObserver<GuestAttachRequest> attach(StreamObserver<ProcessEvent> host) {
        return new Stream<>(host) {
            @Override
            public void onNext(GuestAttachRequest request) {
                switch (request.getPartCase()) {
                    case ATTACH -> {
                        AttachRequest attach = request.getAttach();
                        open(() -> processes.attach(selector(attach.getProcess()), from(attach), soon()));
                    }
                    case CREDIT -> credits.release(request.getCredit().getBytes());
                    case PART_NOT_SET -> throw new AssertionError("an empty request");
                }
            }
        };
    }

    @Override
    public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> host) {
        ListProcessesResponse.Builder response = ListProcessesResponse.newBuilder();
        processes.list(soon()).forEach(info -> response.addProcesses(info(info)));
        answer(host, response.build(), () -> {});
    }

    @Override
    public void sendInput(SendInputRequest request, StreamObserver<SendInputResponse> host) {
        answer(
                host,
                SendInputResponse.getDefaultInstance(),
                () -> processes.sendInput(
                        selector(request.getProcess()), request.getData().asReadOnlyByteBuffer(), soon()));
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> host) {
        return new InputStream(host);
    }

    /** Passes a stream of input on until it ends, or its process does. */
    private final class InputStream implements StreamObserver<StreamInputRequest> {
        private final StreamObserver<StreamInputResponse> host;
        private Optional<ProcessInput> input = Optional.empty();
        private boolean ended;

        InputStream(StreamObserver<StreamInputResponse> host) {
            this.host = host;
        }

        @Override
        public synchronized void onNext(StreamInputRequest request) {
            try {
                if (input.isEmpty()) {
                    input = Optional.of(processes.streamInput(selector(request.getProcess()), soon()));
                    input.get().onEnd(this::refuse);
                }
                input.get().write(request.getData().asReadOnlyByteBuffer());
            } catch (NeuroVisorException refusal) {
                refuse(refusal);
            }
        }

        private synchronized void refuse() {
            try {
                input.orElseThrow().finish();
            } catch (NeuroVisorException refusal) {
                refuse(refusal);
            }
        }

        private void refuse(NeuroVisorException refusal) {
            if (!ended) {
                ended = true;
                host.onError(status(refusal));
            }
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public synchronized void onCompleted() {
            if (!ended) {
                ended = true;
                host.onNext(StreamInputResponse.getDefaultInstance());
                host.onCompleted();
            }
        }
    }

    @Override
    public void closeInput(CloseInputRequest request, StreamObserver<CloseInputResponse> host) {
        answer(
                host,
                CloseInputResponse.getDefaultInstance(),
                () -> processes.closeInput(selector(request.getProcess()), soon()));
    }

    @Override
    public void signal(SignalRequest request, StreamObserver<SignalResponse> host) {
        answer(
                host,
                SignalResponse.getDefaultInstance(),
                () -> processes.signal(
                        selector(request.getProcess()), request.getSignal(), request.getWholeGroup(), soon()));
    }

    @Override
    public void resize(ResizeRequest request, StreamObserver<ResizeResponse> host) {
        answer(
                host,
                ResizeResponse.getDefaultInstance(),
                () -> processes.resize(
                        selector(request.getProcess()),
                        new TerminalSize(
                                request.getSize().getRows(), request.getSize().getCols()),
                        soon()));
    }

    private static <A> void answer(StreamObserver<A> host, A answer, Runnable call) {
        try {
            call.run();
        } catch (NeuroVisorException refusal) {
            host.onError(status(refusal));
            return;
        }
        host.onNext(answer);
        host.onCompleted();
    }

    /** Faults as the agent reports them. */
    private static StatusRuntimeException status(NeuroVisorException refusal) {
        Status status = switch (refusal.fault()) {
            case PROCESS_UNKNOWN -> Status.NOT_FOUND;
            case TAG_TAKEN -> Status.ALREADY_EXISTS;
            case PROCESS_LIMIT -> Status.RESOURCE_EXHAUSTED;
            case PROCESS_REFUSED -> Status.FAILED_PRECONDITION;
            case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT;
            default -> throw refusal;
        };
        boolean named = refusal.fault() != Fault.PROCESS_REFUSED && refusal.fault() != Fault.INVALID_ARGUMENT;
        return status.withDescription((named ? refusal.fault() + ": " : "") + refusal.getMessage())
                .asRuntimeException();
    }

    /** Sends the events of a process in a thread. */
    private abstract static class Stream<Q> implements StreamObserver<Q> {
        final Semaphore credits = new Semaphore(0);
        private final StreamObserver<ProcessEvent> host;
        private volatile Runnable cancelled = () -> {};

        @FunctionalInterface
        interface Opening {
            ProcessEvents open();
        }

        Stream(StreamObserver<ProcessEvent> host) {
            this.host = host;
            ((ServerCallStreamObserver<ProcessEvent>) host).setOnCancelHandler(() -> cancelled.run());
        }

        void open(Opening opening) {
            ProcessEvents events;
            try {
                events = opening.open();
            } catch (NeuroVisorException refusal) {
                host.onError(status(refusal));
                return;
            }
            Thread sender = Thread.ofVirtual().unstarted(() -> send(events));
            cancelled = () -> {
                events.close();
                sender.interrupt();
            };
            sender.start();
        }

        private void send(ProcessEvents events) {
            try {
                for (Optional<io.neurovisor.engine.process.ProcessEvent> next = events.next();
                        next.isPresent();
                        next = events.next()) {
                    send(next.get());
                }
                host.onCompleted();
            } catch (InterruptedException | NeuroVisorException | StatusRuntimeException gone) {
                // The host has cancelled the call.
            }
        }

        private void send(io.neurovisor.engine.process.ProcessEvent event) throws InterruptedException {
            if (!(event
                    instanceof
                    io.neurovisor.engine.process.ProcessEvent.Output(
                            io.neurovisor.engine.process.ProcessStream stream,
                            long offset,
                            ByteBuffer data))) {
                host.onNext(message(event));
                return;
            }
            long position = offset;
            while (data.hasRemaining()) {
                credits.acquire(ProcessEventRules.LEAST_COUNTED_BYTES);
                int granted = ProcessEventRules.LEAST_COUNTED_BYTES + credits.drainPermits();
                int length = Math.min(data.remaining(), granted);
                credits.release(granted - Math.max(length, ProcessEventRules.LEAST_COUNTED_BYTES));
                ByteString bytes = ByteString.copyFrom(data.slice(data.position(), length));
                data.position(data.position() + length);
                host.onNext(ProcessEvent.newBuilder()
                        .setOutput(ProcessOutput.newBuilder()
                                .setStream(stream(stream))
                                .setOffset(position)
                                .setData(bytes))
                        .build());
                position += length;
            }
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {}
    }

    private static ProcessEvent message(io.neurovisor.engine.process.ProcessEvent event) {
        ProcessEvent.Builder message = ProcessEvent.newBuilder();
        return switch (event) {
            case io.neurovisor.engine.process.ProcessEvent.Started(int pid) ->
                message.setStarted(ProcessStarted.newBuilder().setPid(pid)).build();
            case io.neurovisor.engine.process.ProcessEvent.Gap gap ->
                message.setGap(OutputGap.newBuilder()
                                .setStream(stream(gap.stream()))
                                .setFrom(gap.from())
                                .setTo(gap.to()))
                        .build();
            case io.neurovisor.engine.process.ProcessEvent.Ended(ProcessEnd end) ->
                message.setEnded(ended(end)).build();
            case io.neurovisor.engine.process.ProcessEvent.Output _,
                    io.neurovisor.engine.process.ProcessEvent.KeepAlive _ -> throw new AssertionError(event);
        };
    }

    private static ProcessEnded ended(ProcessEnd end) {
        return ProcessEnded.newBuilder()
                .setExitCode(end.exitCode())
                .setSignal(end.signal())
                .setDurationMs((double) end.duration().toMillis())
                .setTimedOut(end.timedOut())
                .build();
    }

    private static ProcessStream stream(io.neurovisor.engine.process.ProcessStream stream) {
        return switch (stream) {
            case STDOUT -> ProcessStream.PROCESS_STREAM_STDOUT;
            case STDERR -> ProcessStream.PROCESS_STREAM_STDERR;
            case TERMINAL -> ProcessStream.PROCESS_STREAM_PTY;
        };
    }

    private static ProcessInfo info(io.neurovisor.engine.process.ProcessInfo info) {
        ProcessInfo.Builder message = ProcessInfo.newBuilder()
                .setPid(info.pid())
                .setTag(info.spec().tag().orElse(""))
                .setCommand(info.spec().command())
                .addAllArgs(info.spec().arguments())
                .setCwd(info.directory())
                .setStarted(Timestamp.newBuilder().setSeconds(info.started().getEpochSecond()))
                .setOffsets(io.neurovisor.proto.sandbox.OutputOffsets.newBuilder()
                        .setStdout(info.offsets().stdout())
                        .setStderr(info.offsets().stderr())
                        .setPty(info.offsets().terminal()));
        info.end().ifPresent(end -> message.setEnded(ended(end)));
        return message.build();
    }

    private static ProcessSpec spec(StartRequest request) {
        return new ProcessSpec(
                request.getCommand(),
                request.getArgsList(),
                request.getEnvMap(),
                Optional.of(request.getCwd()).filter(cwd -> !cwd.isEmpty()),
                request.hasPty()
                        ? Optional.of(new TerminalSize(
                                request.getPty().getRows(), request.getPty().getCols()))
                        : Optional.empty(),
                request.getStdin(),
                Optional.of(request.getTag()).filter(tag -> !tag.isEmpty()),
                request.getEndWithStream(),
                Optional.of(Duration.ofSeconds(request.getTimeoutSecs())).filter(timeout -> !timeout.isZero()));
    }

    private static OutputStart from(AttachRequest request) {
        if (request.getFromNow()) {
            return new OutputStart.Now();
        }
        return request.hasOffsets()
                ? new OutputStart.From(new OutputOffsets(
                        request.getOffsets().getStdout(),
                        request.getOffsets().getStderr(),
                        request.getOffsets().getPty()))
                : new OutputStart.Kept();
    }

    private static ProcessSelector selector(io.neurovisor.proto.sandbox.ProcessSelector selector) {
        return switch (selector.getSelectorCase()) {
            case PID -> new ProcessSelector.Pid(selector.getPid());
            case TAG -> new ProcessSelector.Tag(selector.getTag());
            case SELECTOR_NOT_SET -> throw new AssertionError("no process is selected");
        };
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}

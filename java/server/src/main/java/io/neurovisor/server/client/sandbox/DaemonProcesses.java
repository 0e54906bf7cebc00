package io.neurovisor.server.client.sandbox;

import com.google.protobuf.ByteString;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc.ProcessServiceBlockingV2Stub;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.SendInputRequest;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import io.neurovisor.server.client.DaemonConnection;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The processes of a sandbox, by calls of its daemon. Failures are those of {@link SandboxClient}. */
record DaemonProcesses(DaemonConnection connection, String sandbox) implements GuestProcesses {
    @Override
    public ProcessEvents start(ProcessSpec spec, Deadline deadline) {
        return events(stub().start(ProcessMessages.message(sandbox, spec)), deadline);
    }

    @Override
    public ProcessEvents attach(ProcessSelector process, OutputStart start, Deadline deadline) {
        return events(stub().attach(ProcessMessages.message(sandbox, process, start)), deadline);
    }

    private ProcessEvents events(
            BlockingClientCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call, Deadline deadline) {
        return new DaemonProcessEvents(new DaemonCall<>(connection, call), deadline);
    }

    @Override
    public List<ProcessInfo> list(Deadline deadline) {
        ListProcessesRequest request =
                ListProcessesRequest.newBuilder().setSandboxId(sandbox).build();
        return connection.answer(() -> stub(deadline).listProcesses(request)).getProcessesList().stream()
                .map(ProcessMessages::info)
                .toList();
    }

    @Override
    public void sendInput(ProcessSelector process, ByteBuffer bytes, Deadline deadline) {
        SendInputRequest request = SendInputRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .setData(ByteString.copyFrom(bytes))
                .build();
        connection.answer(() -> stub(deadline).sendInput(request));
    }

    /** The deadline is not used: the stream lasts as long as the input. */
    @Override
    public ProcessInput streamInput(ProcessSelector process, Deadline deadline) {
        DaemonCall<StreamInputRequest, StreamInputResponse> call = new DaemonCall<>(connection, stub().streamInput());
        call.send(StreamInputRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .build());
        return DaemonProcessInput.of(call);
    }

    @Override
    public void closeInput(ProcessSelector process, Deadline deadline) {
        CloseInputRequest request = CloseInputRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .build();
        connection.answer(() -> stub(deadline).closeInput(request));
    }

    @Override
    public void signal(ProcessSelector process, int signal, boolean wholeGroup, Deadline deadline) {
        SignalRequest request = SignalRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .setSignal(signal)
                .setWholeGroup(wholeGroup)
                .build();
        connection.answer(() -> stub(deadline).signal(request));
    }

    @Override
    public void resize(ProcessSelector process, TerminalSize size, Deadline deadline) {
        ResizeRequest request = ResizeRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .setSize(ProcessMessages.message(size))
                .build();
        connection.answer(() -> stub(deadline).resize(request));
    }

    private ProcessServiceBlockingV2Stub stub() {
        return ProcessServiceGrpc.newBlockingV2Stub(connection.calls());
    }

    private ProcessServiceBlockingV2Stub stub(Deadline deadline) {
        return stub().withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }
}

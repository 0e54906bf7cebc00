package io.neurovisor.host.guestlink;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.proto.execution.ExecuteChunk;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads the messages of a guest that runs a program until its final report or the deadline, and then ends the call. */
final class ExecutionCall {
    private final OutputSink sink;
    private final OutputFiles files;
    private final ResponseDeadline deadline;
    private boolean begun;

    ExecutionCall(OutputSink sink, ResponseDeadline deadline) {
        this.sink = sink;
        this.files = new OutputFiles(sink);
        this.deadline = deadline;
    }

    ProgramExit run(BlockingClientCall<?, ExecuteChunk> call) {
        try {
            Optional<ProgramExit> exit = Optional.empty();
            while (exit.isEmpty()) {
                exit = finalExit(next(call));
            }
            return exit.get();
        } finally {
            // Does nothing if the call has ended by itself.
            call.cancel("the call has ended", null);
        }
    }

    /** Returns the program's end if this is the final message. */
    Optional<ProgramExit> finalExit(ExecuteChunk chunk) {
        if (!chunk.getIsFinal()) {
            requireContent(chunk);
        }
        deliver(chunk);
        return chunk.getIsFinal() ? Optional.of(GuestMessages.exit(chunk.getMetadata())) : Optional.empty();
    }

    /** Rejects empty messages, whose number would be unbounded. */
    private static void requireContent(ExecuteChunk chunk) {
        if (GuestMessages.isEmpty(chunk)) {
            throw new NeuroVisorException(Fault.SANDBOX_LOST, "the guest agent sent an empty message");
        }
    }

    private void deliver(ExecuteChunk chunk) {
        deadline.whileHandling(() -> GuestMessages.deliver(chunk, sink, files));
    }

    private ExecuteChunk next(BlockingClientCall<?, ExecuteChunk> call) {
        try {
            ExecuteChunk chunk = call.read(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            if (chunk == null) {
                throw new NeuroVisorException(
                        Fault.SANDBOX_LOST, "the guest agent ended the execution without reporting its outcome");
            }
            begun = true;
            return chunk;
        } catch (StatusException exception) {
            throw begun
                    ? GuestStatus.breakOff(exception.getStatus(), exception)
                    : GuestStatus.failure(exception.getStatus(), exception);
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("listening to the guest was interrupted", exception);
        }
    }
}

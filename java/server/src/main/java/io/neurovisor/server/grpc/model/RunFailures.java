package io.neurovisor.server.grpc.model;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.agent.model.ForwardingModel;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Keeps the exception that stopped a run, because the run's result contains only its message. For one run. */
final class RunFailures {
    private final AtomicReference<@Nullable ModelFailure> ofModel = new AtomicReference<>();
    private final AtomicReference<@Nullable NeuroVisorException> ofMachine = new AtomicReference<>();

    Model watched(Model model) {
        return new Watched(model, ofModel);
    }

    CodeRunner watched(CodeRunner runner) {
        return new WatchedRunner(runner, ofMachine, Context.current());
    }

    /** Throws the failure of a run; returns normally if the run has ended within its limits. */
    void throwIfFailed(AgentResult result) {
        switch (result.end()) {
            case ANSWERED, ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT -> {}
            case CANCELLED -> throw new NeuroVisorException(Fault.INTERRUPTED, "the run was cancelled");
            case MODEL_FAILED -> throw ofModel(result);
            case SANDBOX_FAILED -> throw ofMachine(result);
        }
    }

    private StatusRuntimeException ofModel(AgentResult result) {
        ModelFailure failure = ofModel.get();
        return ModelStatus.of(
                failure == null ? new ModelFailure(ModelFailure.Reason.SERVER_ERROR, result.explanation()) : failure);
    }

    private NeuroVisorException ofMachine(AgentResult result) {
        NeuroVisorException exception = ofMachine.get();
        return exception == null ? new NeuroVisorException(Fault.INTERNAL, result.explanation()) : exception;
    }

    private static final class Watched extends ForwardingModel {
        private final AtomicReference<@Nullable ModelFailure> last;

        Watched(Model model, AtomicReference<@Nullable ModelFailure> last) {
            super(model);
            this.last = last;
        }

        @Override
        public ModelReply ask(ModelRequest request, ReplyListener listener) {
            try {
                return model().ask(request, listener);
            } catch (ModelFailure failure) {
                last.set(failure);
                throw failure;
            }
        }
    }

    /** Runs code on behalf of the client whose call began the run, whichever thread runs it. */
    private record WatchedRunner(CodeRunner runner, AtomicReference<@Nullable NeuroVisorException> first, Context call)
            implements CodeRunner {
        @Override
        public CodeTool tool() {
            return runner.tool();
        }

        @Override
        public CodeResult run(CodeRequest request) {
            Context previous = call.attach();
            try {
                return runner.run(request);
            } catch (NeuroVisorException exception) {
                if (exception.fault() != Fault.INTERRUPTED) {
                    first.compareAndSet(null, exception);
                }
                throw exception;
            } finally {
                call.detach(previous);
            }
        }
    }
}

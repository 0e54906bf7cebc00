package io.neurovisor.server.grpc.model;

import com.google.rpc.Code;
import io.grpc.BindableService;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceResponse;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.proto.inference.TokenChunk;
import io.neurovisor.server.agent.Models;
import io.neurovisor.server.grpc.ServedCall;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.guard.PendingResponse;
import io.neurovisor.server.metrics.ModelMetrics;
import io.neurovisor.server.status.RpcFailure;
import io.neurovisor.server.trace.RequestTrace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forwards clients' requests to language models. No machine is involved. */
public final class InferenceGrpcService extends InferenceServiceGrpc.InferenceServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceGrpcService.class);

    /** Leaves room for the other fields within the 4 MiB that clients accept. */
    private static final int MAX_WHOLE_BYTES = 3 << 20;

    private final Models models;
    private final Duration longest;
    private final ModelMetrics metrics;
    private final Ticker ticker;

    /** @param longest the time limit of a request, whatever the client's deadline */
    public InferenceGrpcService(Models models, Duration longest, ModelMetrics metrics, Ticker ticker) {
        this.models = models;
        this.longest = longest;
        this.metrics = metrics;
        this.ticker = ticker;
    }

    /** Returns the service under both of its names. */
    public List<BindableService> services() {
        BindableService original = () -> io.neurovisor.proto.inference.original.InferenceServiceGrpc.bindService(
                new io.neurovisor.proto.inference.original.InferenceServiceGrpc.AsyncService() {
                    @Override
                    public void infer(InferenceRequest request, StreamObserver<InferenceResponse> client) {
                        InferenceGrpcService.this.infer(request, client);
                    }

                    @Override
                    public void inferStream(InferenceRequest request, StreamObserver<TokenChunk> client) {
                        InferenceGrpcService.this.inferStream(request, client);
                    }
                });
        return List.of(this, original);
    }

    @Override
    public void infer(InferenceRequest request, StreamObserver<InferenceResponse> client) {
        ServedCall.begin(client, call -> {
            MeasuredReply answered = ask(request, ReplyListener.NONE);
            InferenceResponse response = InferenceProtos.response(
                    answered, TraceInterceptor.current().displayId());
            if (response.getSerializedSize() > MAX_WHOLE_BYTES) {
                throw tooLong(response.getSerializedSize());
            }
            PendingResponse.current().require(response.getSerializedSize());
            call.send(response);
        });
    }

    @Override
    public void inferStream(InferenceRequest request, StreamObserver<TokenChunk> client) {
        ServedCall.begin(client, call -> {
            TokenChunks chunks = new TokenChunks(call::send);
            MeasuredReply answered = ask(request, chunks);
            chunks.end(InferenceProtos.metadata(
                    answered, TraceInterceptor.current().displayId()));
        });
    }

    private MeasuredReply ask(InferenceRequest message, ReplyListener listener) {
        RequestTrace trace = TraceInterceptor.current();
        Duration limit = TimeLimit.left(longest);
        Optional<String> name = RequestText.model(message.getModel());
        ModelRequest request = InferenceProtos.request(message, limit, trace.id());
        String labels = logSuffix(message, trace);
        long start = ticker.nanos();
        try (ModelMetrics.Question question = metrics.question(trace.id())) {
            return TimeLimit.within(limit, () -> {
                Model model = models.open(name);
                question.goesTo(model);
                ModelReply reply = model.ask(request, listener);
                Duration measured = Duration.ofNanos(ticker.nanos() - start);
                LOG.info(
                        "{} wrote {} tokens in {} ms{}",
                        model.name(),
                        reply.usage().reply(),
                        measured.toMillis(),
                        labels);
                return new MeasuredReply(model.name(), reply, measured);
            });
        } catch (ModelFailure failure) {
            LOG.info("the model did not reply: {}{}", failure.explanation(), labels);
            throw ModelStatus.of(failure);
        }
    }

    private static String logSuffix(InferenceRequest message, RequestTrace trace) {
        SortedMap<String, String> labels = InferenceProtos.labels(message);
        return trace.clientId().map(id -> "; client_trace_id " + id).orElse("")
                + (labels.isEmpty() ? "" : "; metadata " + UntrustedText.line(labels.toString()));
    }

    private static StatusRuntimeException tooLong(int bytes) {
        return new RpcFailure(
                        Code.RESOURCE_EXHAUSTED,
                        "ANSWER_TOO_LONG",
                        "the reply has " + bytes + " bytes, and " + MAX_WHOLE_BYTES
                                + " fit into one message; call InferStream, or set max_tokens")
                .exception();
    }
}

package io.neurovisor.server.trace;

import io.neurovisor.agent.model.ForwardingModel;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;

/**
 * Records each request to a model as a span and propagates it to the model server. The names follow OpenTelemetry's
 * conventions for generative AI; prompts and replies are not recorded.
 */
final class TracedModel extends ForwardingModel {
    private final Tracing tracing;

    TracedModel(Model model, Tracing tracing) {
        super(model);
        this.tracing = tracing;
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        Span span = tracing.span("chat " + name())
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("gen_ai.operation.name", "chat")
                .setAttribute("gen_ai.request.model", name())
                .startSpan();
        try (Scope _ = span.makeCurrent()) {
            ModelReply reply = model().ask(request.within(TraceParents.of(span.getSpanContext())), listener);
            span.setAttribute("gen_ai.usage.input_tokens", reply.usage().prompt());
            span.setAttribute("gen_ai.usage.output_tokens", reply.usage().reply());
            return reply;
        } catch (ModelFailure failure) {
            span.setStatus(StatusCode.ERROR, failure.reason().name());
            throw failure;
        } finally {
            span.end();
        }
    }
}

package io.neurovisor.server.metrics;

import io.neurovisor.agent.model.ForwardingModel;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Metrics of language models: requests and durations. */
public final class ModelMetrics {
    /** The label of further models, and of those that no server has. */
    static final String OTHER = "other";

    /** More models than installations have, and few enough for Prometheus. */
    static final int MOST_MODELS = 64;

    private final Ticker ticker;
    private final Histogram inference;
    private final Counter requests;
    private final Counter tokens;
    private final Histogram calls;
    private final Histogram load;
    private final Set<String> names = ConcurrentHashMap.newKeySet();

    public ModelMetrics(PrometheusRegistry registry, Ticker ticker) {
        this.ticker = ticker;
        inference = MetricFamilies.seconds(
                registry,
                "neurovisor_inference_duration_seconds",
                "What questions to models took, from the request to the end of the answer.");
        requests = MetricFamilies.counter(
                registry, "neurovisor_requests_total", "Questions to models, answered or not.", "model");
        tokens = MetricFamilies.counter(
                registry,
                "neurovisor_tokens_generated_total",
                "Tokens that models have written, as their servers count them.",
                "model");
        calls = MetricFamilies.seconds(
                registry,
                "neurovisor_llm_call_duration_seconds",
                "What calls of model servers took, failed ones too; an agent makes several.",
                "model");
        load = MetricFamilies.seconds(
                registry,
                "neurovisor_model_load_duration_seconds",
                "What model servers took to load a model, where they say so.",
                "model");
    }

    /** Starts to measure a request. */
    public Question question(TraceId trace) {
        return new Question(trace);
    }

    public Model measured(Model model) {
        return new Measured(model);
    }

    /** Used only for names that a server has confirmed, because clients may send any number of names. */
    private String label(String model) {
        return names.contains(model) || (names.size() < MOST_MODELS && names.add(model)) ? model : OTHER;
    }

    /** A request, measured from its arrival until it is closed, whether it succeeds or not. */
    public final class Question implements AutoCloseable {
        private final TraceId trace;
        private final long startNanos = ticker.nanos();
        private volatile String model = OTHER;

        private Question(TraceId trace) {
            this.trace = trace;
        }

        /** Sets the model that a server has confirmed. */
        public void goesTo(Model answering) {
            model = label(answering.name());
        }

        @Override
        public void close() {
            requests.labelValues(model).incWithExemplar(Exemplars.of(trace));
            inference.observeWithExemplar((ticker.nanos() - startNanos) / 1e9, Exemplars.of(trace));
        }
    }

    private final class Measured extends ForwardingModel {
        Measured(Model model) {
            super(model);
        }

        @Override
        public ModelReply ask(ModelRequest request, ReplyListener listener) {
            String model = label(name());
            long startNanos = ticker.nanos();
            try {
                ModelReply reply = model().ask(request, listener);
                tokens.labelValues(model).inc(reply.usage().reply());
                reply.loadTime().ifPresent(time -> load.labelValues(model).observe(MachineMetrics.seconds(time)));
                return reply;
            } finally {
                calls.labelValues(model).observe((ticker.nanos() - startNanos) / 1e9);
            }
        }
    }
}

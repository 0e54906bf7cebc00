package io.neurovisor.server.grpc.model;

import com.google.protobuf.ByteString;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.Sampling;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.proto.inference.InferenceMetadata;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Translates inference requests and replies between protobuf messages of clients and the agent's values. */
public final class InferenceProtos {
    private static final String SYSTEM_PROMPT = "system_prompt";
    private static final int MAX_SYSTEM_PROMPT_BYTES = 64 << 10;
    private static final float MAX_TEMPERATURE = 2;
    private static final int MAX_LABELS = 32;
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern LABEL_VALUE = Pattern.compile("\\P{Cntrl}{0,1024}");
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private InferenceProtos() {}

    public static ModelRequest request(InferenceRequest message, Duration timeout, TraceId traceId) {
        checkLabels(message.getMetadataMap());
        List<Message> messages = new ArrayList<>();
        String system = message.getMetadataOrDefault(SYSTEM_PROMPT, "");
        if (!system.isEmpty()) {
            messages.add(new Message.Instruction(RequestText.readable(
                    "metadata", system, ByteString.copyFromUtf8(system), MAX_SYSTEM_PROMPT_BYTES)));
        }
        messages.add(new Message.User(
                RequestText.readable("prompt", message.getPrompt(), message.getPromptBytes(), RequestText.MAX_BYTES)));
        return new ModelRequest(messages, timeout)
                .withoutTools()
                .tracedBy(traceId)
                .sampledBy(new Sampling(temperature(message), maxTokens(message)));
    }

    static SortedMap<String, String> labels(InferenceRequest message) {
        SortedMap<String, String> labels = new TreeMap<>(message.getMetadataMap());
        labels.remove(SYSTEM_PROMPT);
        return labels;
    }

    private static void checkLabels(Map<String, String> metadata) {
        if (metadata.size() > MAX_LABELS) {
            throw NeuroVisorException.invalid(
                    "metadata",
                    "metadata has %d entries; at most %d are allowed".formatted(metadata.size(), MAX_LABELS));
        }
        metadata.forEach((name, value) -> {
            if (!LABEL.matcher(name).matches()) {
                throw NeuroVisorException.invalid(
                        "metadata", "metadata has an invalid name; use at most 64 letters, digits and ._-");
            }
            if (!name.equals(SYSTEM_PROMPT) && !LABEL_VALUE.matcher(value).matches()) {
                throw NeuroVisorException.invalid(
                        "metadata",
                        "the value of metadata \"" + name
                                + "\" is not allowed; use at most 1024 characters, none of them a control character");
            }
        });
    }

    private static Optional<Double> temperature(InferenceRequest message) {
        if (!message.hasTemperature()) {
            return Optional.empty();
        }
        float temperature = message.getTemperature();
        if (!(temperature >= 0 && temperature <= MAX_TEMPERATURE)) {
            throw NeuroVisorException.invalid(
                    "temperature", "temperature " + temperature + " is not allowed; use 0 to " + MAX_TEMPERATURE);
        }
        // Converts through the decimal digits, so that the model server receives 0.7 instead of 0.699999988079071.
        return Optional.of(Double.valueOf(Float.toString(temperature)));
    }

    private static Optional<Integer> maxTokens(InferenceRequest message) {
        int tokens = message.getMaxTokens();
        if (tokens < 0) {
            throw NeuroVisorException.invalid(
                    "max_tokens", "max_tokens " + tokens + " is negative; use 0 for no limit");
        }
        return tokens == 0 ? Optional.empty() : Optional.of(tokens);
    }

    static InferenceResponse response(MeasuredReply answered, String traceId) {
        return InferenceResponse.newBuilder()
                .setResponse(answered.reply().text())
                .setTokensGenerated(answered.reply().usage().reply())
                .setLatencyMs(milliseconds(answered))
                .setModelUsed(answered.model())
                .setTraceId(traceId)
                .build();
    }

    static InferenceMetadata metadata(MeasuredReply answered, String traceId) {
        return InferenceMetadata.newBuilder()
                .setTotalTokens(answered.reply().usage().reply())
                .setTotalLatencyMs(milliseconds(answered))
                .setModel(answered.model())
                .setTraceId(traceId)
                .build();
    }

    private static double milliseconds(MeasuredReply answered) {
        return answered.reply().times().whole().orElse(answered.measured()).toNanos() / NANOS_PER_MILLISECOND;
    }
}

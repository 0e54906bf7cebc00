package io.neurovisor.agent.provider;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.neurovisor.agent.model.AnswerSchema;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A model on a server, accessed by the protocol of the server. */
record ServedModel(
        String name,
        ServerAddress address,
        int contextTokens,
        boolean hasNativeTools,
        boolean hasVision,
        Protocol protocol,
        ServerConnection.ReadTimeouts timeouts)
        implements Model {
    /** The differences between protocols. */
    interface Protocol {
        StreamCheck check();

        StreamingChatModel model(HttpClientBuilder client);
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        ServerConnection connection =
                new ServerConnection(address, timeouts, Deadline.after(request.timeout(), Ticker.SYSTEM));
        StreamCheck check = protocol.check();
        ServerCall call = new ServerCall(connection, check, headers(request));
        ChatRequest.Builder chat =
                ChatRequest.builder().messages(new ChatMessages(hasNativeTools).of(request.messages()));
        request.tool().filter(_ -> hasNativeTools).map(ToolDescription::of).ifPresent(chat::toolSpecifications);
        request.schema().map(ServedModel::format).ifPresent(chat::responseFormat);
        request.sampling().temperature().ifPresent(chat::temperature);
        request.sampling().maxTokens().ifPresent(chat::maxOutputTokens);
        ReplyCollector collector = new ReplyCollector(listener);
        protocol.model(new OneCall(() -> call)).chat(chat.build(), collector);
        call.throwFailure();
        return reply(collector.response(connection), check);
    }

    private static ResponseFormat format(AnswerSchema schema) {
        return ResponseFormat.builder()
                .type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder()
                        .name("answer")
                        .rootElement(JsonRawSchema.from(schema.json()))
                        .build())
                .build();
    }

    /** Returns the trace header; each request is a separate span, recorded or not. */
    private static Map<String, List<String>> headers(ModelRequest request) {
        return request.traceparent()
                .or(() -> request.traceId()
                        .map(id -> id.traceparent(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE))))
                .map(header -> Map.of("traceparent", List.of(header)))
                .orElse(Map.of());
    }

    private static ModelReply reply(ChatResponse response, StreamCheck check) {
        AiMessage message = response.aiMessage();
        List<ToolCall> calls = new ArrayList<>();
        message.toolExecutionRequests().forEach(request -> {
            String id = text(request.id());
            calls.add(new ToolCall(
                    id.isEmpty() ? "call_" + (calls.size() + 1) : id, text(request.name()), text(request.arguments())));
        });
        @Nullable TokenUsage usage = response.tokenUsage();
        return new ModelReply(
                text(message.text()),
                calls,
                usage == null ? Usage.NONE : new Usage(count(usage.inputTokenCount()), count(usage.outputTokenCount())),
                check.isCut(),
                check.times());
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static int count(@Nullable Integer count) {
        return count == null ? 0 : count;
    }

    /** Provides LangChain4j with the HTTP client of one request. */
    private record OneCall(Supplier<HttpClient> client) implements HttpClientBuilder {
        @Override
        public Duration connectTimeout() {
            return Duration.ZERO;
        }

        @Override
        public HttpClientBuilder connectTimeout(Duration timeout) {
            return this;
        }

        @Override
        public Duration readTimeout() {
            return Duration.ZERO;
        }

        @Override
        public HttpClientBuilder readTimeout(Duration timeout) {
            return this;
        }

        @Override
        public HttpClient build() {
            return client.get();
        }
    }
}

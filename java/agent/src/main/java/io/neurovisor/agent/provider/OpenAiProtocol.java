package io.neurovisor.agent.provider;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;

/** The protocol of OpenAI and compatible servers. */
record OpenAiProtocol(ServerAddress address, String model) implements ServedModel.Protocol {
    @Override
    public StreamCheck check() {
        return new OpenAiStream();
    }

    @Override
    public StreamingChatModel model(HttpClientBuilder client) {
        OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder builder = OpenAiStreamingChatModel.builder()
                .httpClientBuilder(client)
                .baseUrl(address.base().toString())
                .modelName(model)
                // Some servers repeat the id in each chunk of a call.
                .accumulateToolCallId(false);
        address.apiKey().ifPresent(builder::apiKey);
        return builder.build();
    }
}

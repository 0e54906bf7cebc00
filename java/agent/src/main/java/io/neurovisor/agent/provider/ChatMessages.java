package io.neurovisor.agent.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import io.neurovisor.agent.calls.CallArguments;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelImage;
import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Converts a conversation to LangChain4j messages. Well-formed calls become native tool calls if the server supports tools; other
 * calls become text.
 */
record ChatMessages(boolean nativeTools) {
    List<ChatMessage> of(List<Message> messages) {
        List<ChatMessage> all = new ArrayList<>();
        List<ImageContent> images = new ArrayList<>();
        for (Message message : messages) {
            if (!(message instanceof Message.ToolResult)) {
                addImages(all, images);
            }
            all.add(
                    switch (message) {
                        case Message.Instruction(String text) -> SystemMessage.from(text);
                        case Message.User(String text) -> UserMessage.from(text.isBlank() ? "(empty)" : text);
                        case Message.Assistant assistant -> assistant(assistant);
                        case Message.ToolResult(ToolCall call, String text, List<ModelImage> shown) -> {
                            shown.forEach(image -> images.add(ImageContent.from(image.base64(), image.mimeType())));
                            yield result(call, text);
                        }
                    });
        }
        addImages(all, images);
        return all;
    }

    /** The results of a reply's calls must follow it directly, and servers take no images in them. */
    private static void addImages(List<ChatMessage> all, List<ImageContent> images) {
        if (!images.isEmpty()) {
            List<Content> contents = new ArrayList<>(List.of(TextContent.from("Images of these results:")));
            contents.addAll(images);
            all.add(UserMessage.from(contents));
            images.clear();
        }
    }

    private ChatMessage assistant(Message.Assistant message) {
        List<ToolExecutionRequest> requests = new ArrayList<>();
        StringBuilder text = new StringBuilder(message.text());
        for (ToolCall call : message.calls()) {
            Optional<String> arguments = nativeArguments(call);
            if (arguments.isPresent()) {
                requests.add(ToolExecutionRequest.builder()
                        .id(call.id())
                        .name(call.name())
                        .arguments(arguments.get())
                        .build());
            } else {
                text.append(text.isEmpty() ? "" : "\n").append(written(call));
            }
        }
        String said = text.isEmpty() && requests.isEmpty() ? "(nothing)" : text.toString();
        AiMessage.Builder reply = AiMessage.builder().toolExecutionRequests(requests);
        return said.isEmpty() ? reply.build() : reply.text(said).build();
    }

    private ChatMessage result(ToolCall call, String text) {
        return nativeArguments(call).isPresent()
                ? ToolExecutionResultMessage.from(call.id(), call.name(), text)
                : UserMessage.from("Result of the tool call:\n" + text);
    }

    /** Returns the arguments of a native call; empty for a call that is sent as text. */
    private Optional<String> nativeArguments(ToolCall call) {
        return nativeTools && !call.name().isEmpty()
                ? CallArguments.read(call.arguments()).map(JsonNode::toString)
                : Optional.empty();
    }

    private static String written(ToolCall call) {
        if (call.name().isEmpty()) {
            return call.arguments();
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", call.name());
        CallArguments.read(call.arguments())
                .ifPresentOrElse(
                        arguments -> json.set("arguments", arguments), () -> json.put("arguments", call.arguments()));
        return "```json\n" + json + "\n```";
    }
}

package io.neurovisor.agent.provider;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import io.neurovisor.agent.loop.ExecuteCode;
import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.engine.program.Language;

/** The description of the tool that is sent to servers. */
final class ToolDescription {
    private ToolDescription() {}

    static ToolSpecification of(CodeTool tool) {
        return ToolSpecification.builder()
                .name(ExecuteCode.NAME)
                .description(tool.description())
                .parameters(JsonObjectSchema.builder()
                        .addProperty(
                                ExecuteCode.LANGUAGE,
                                JsonEnumSchema.builder()
                                        .enumValues(tool.languages().stream()
                                                .map(Language::label)
                                                .toList())
                                        .description("The language of the program.")
                                        .build())
                        .addProperty(
                                ExecuteCode.CODE,
                                JsonStringSchema.builder()
                                        .description("The whole program.")
                                        .build())
                        .required(ExecuteCode.LANGUAGE, ExecuteCode.CODE)
                        .build())
                .build();
    }
}

package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.agent.model.Model;

/** The instructions that precede the task of a model. */
final class Instructions {
    private static final String WITHOUT_TOOLS = """

            To call the tool, write nothing but one JSON object like this:
            ```json
            {"name": "execute_code", "arguments": {"language": "python", "code": "print(6 * 7)"}}
            ```
            Its result is the next message.""";

    static final String NOTHING_SAID =
            "Your last reply was empty. Call execute_code, or answer the task in plain text.";

    private Instructions() {}

    static String of(Model model, CodeTool tool) {
        String general =
                "You are an assistant that can run code. Use the tool execute_code whenever a program gives a surer answer"
                        + " than you do. " + tool.description() + " Languages: " + tool.known()
                        + ". When you have what you need, answer the user in plain text and call no tool.";
        return model.hasNativeTools() ? general : general + WITHOUT_TOOLS;
    }
}

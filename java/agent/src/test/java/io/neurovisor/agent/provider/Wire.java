package io.neurovisor.agent.provider;

import java.nio.charset.StandardCharsets;

/** A protocol with the bytes of a sample reply. */
enum Wire {
    OLLAMA("/api/chat", """
            {"model":"m","message":{"role":"assistant","content":"Let me é"},"done":false}
            {"model":"m","message":{"role":"assistant","content":" see."},"done":false}
            {"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_a","function":{"index":0,"name":"execute_code","arguments":{"code":"print(\\"é {1}\\")\\n","language":"python"}}}]},"done":false}
            {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":9,"load_duration":1250000000,"prompt_eval_count":36,"prompt_eval_duration":1,"eval_count":8,"eval_duration":4}
            """),
    OPENAI("/v1/chat/completions", """
            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Let me é"},"finish_reason":null}]}

            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":" see."},"finish_reason":null}]}

            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"execute_code","arguments":"{"}}]},"finish_reason":null}]}

            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"language\\":\\"python\\",\\"co"}}]},"finish_reason":null}]}

            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"de\\":\\"print(\\\\\\"é {1}\\\\\\")\\\\n\\"}"}}]},"finish_reason":null}]}

            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: {"id":"x","model":"m","choices":[],"usage":{"prompt_tokens":36,"completion_tokens":8,"total_tokens":44}}

            data: [DONE]

            """);

    private final String path;
    private final String reply;

    Wire(String path, String reply) {
        this.path = path;
        this.reply = reply;
    }

    /** Returns the path of chat requests. */
    String path() {
        return path;
    }

    String reply() {
        return reply;
    }

    byte[] bytes() {
        return reply.getBytes(StandardCharsets.UTF_8);
    }

    ProviderChoice provider() {
        return ProviderChoice.valueOf(name());
    }
}

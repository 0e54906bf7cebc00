package io.neurovisor.agent.model;

/**
 * Token counts reported by the server; zero if not reported.
 *
 * @param prompt the tokens read
 * @param reply the tokens written
 */
public record Usage(int prompt, int reply) {
    public static final Usage NONE = new Usage(0, 0);

    public Usage {
        prompt = Math.max(0, prompt);
        reply = Math.max(0, reply);
    }

    public int total() {
        return prompt + reply;
    }
}

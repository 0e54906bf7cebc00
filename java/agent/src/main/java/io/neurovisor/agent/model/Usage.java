package io.neurovisor.agent.model;

/**
 * Tokens as the server has counted them; zero where it did not.
 *
 * @param prompt what the model read
 * @param reply what it wrote
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

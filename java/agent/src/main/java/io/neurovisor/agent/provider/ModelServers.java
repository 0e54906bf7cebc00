package io.neurovisor.agent.provider;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.RetryingModel;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Connects to model servers and checks that they can serve the model. */
public final class ModelServers {
    private static final URI OPENAI = URI.create("https://api.openai.com/v1");
    private static final Duration PREFLIGHT = Duration.ofSeconds(15);

    private ModelServers() {}

    /** Returns a model that is available; a failure names the command that fixes it. */
    public static Model open(ModelChoice choice) {
        return open(choice, ServerConnection.ReadTimeouts.USUAL, ModelServers::pause);
    }

    /** Returns a model without retries, for callers with their own retry policy. */
    public static Model openUnretried(ModelChoice choice) {
        return served(choice, ServerConnection.ReadTimeouts.USUAL);
    }

    static Model open(ModelChoice choice, ServerConnection.ReadTimeouts timeouts, RetryingModel.Pause pause) {
        return new RetryingModel(served(choice, timeouts), pause, new SecureRandom(), Ticker.SYSTEM);
    }

    private static ServedModel served(ModelChoice choice, ServerConnection.ReadTimeouts timeouts) {
        ServerAddress ollama = new ServerAddress(choice.baseUrl().orElse(choice.ollamaHost()), choice.apiKey());
        return switch (choice.provider()) {
            case OLLAMA -> new OllamaPreflight(ollama, connection(ollama)).open(choice, timeouts);
            case OPENAI -> openAi(choice, timeouts);
            case AUTO ->
                choice.baseUrl().isEmpty() || isOllama(ollama)
                        ? new OllamaPreflight(ollama, connection(ollama)).open(choice, timeouts)
                        : openAi(choice, timeouts);
        };
    }

    private static ServedModel openAi(ModelChoice choice, ServerConnection.ReadTimeouts timeouts) {
        ServerAddress address = new ServerAddress(choice.baseUrl().orElse(OPENAI), choice.apiKey()).versioned();
        if (choice.baseUrl().isEmpty() && choice.apiKey().isEmpty()) {
            throw new ModelFailure(
                    ModelFailure.Reason.REFUSED,
                    address.shown()
                            + " wants a key; put one into NEUROVISOR_API_KEY or a file for --api-key-file, or name"
                            + " another server with --base-url");
        }
        return new OpenAiPreflight(address, connection(address)).open(choice, timeouts);
    }

    /** Returns whether the server is Ollama. An unreachable server is reported by the next request. */
    private static boolean isOllama(ServerAddress address) {
        try {
            return connection(address).get("/api/version").contains("\"version\"");
        } catch (ModelFailure noOllama) {
            return false;
        }
    }

    private static ServerConnection connection(ServerAddress address) {
        return new ServerConnection(
                address,
                new ServerConnection.ReadTimeouts(PREFLIGHT, PREFLIGHT),
                Deadline.after(PREFLIGHT, Ticker.SYSTEM));
    }

    /** Waits without a condition; only an interrupt ends the wait early. */
    private static void pause(Duration duration) throws InterruptedException {
        Deadline end = Deadline.after(duration, Ticker.SYSTEM);
        while (!end.hasPassed()) {
            LockSupport.parkNanos(end.remaining().toNanos());
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}

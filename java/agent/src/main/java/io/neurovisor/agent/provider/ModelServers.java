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

/** Finds a model's server and sees whether it can serve, before anything is built or started for it. */
public final class ModelServers {
    private static final URI OPENAI = URI.create("https://api.openai.com/v1");
    private static final Duration PREFLIGHT = Duration.ofSeconds(15);

    private ModelServers() {}

    /** A model that is there; a failure says with which command that is mended. */
    public static Model open(ModelChoice choice) {
        return open(choice, ServerConnection.Patience.USUAL, ModelServers::pause);
    }

    /** The same, whose failures are told at once: for who knows better whether to ask again. */
    public static Model openUnretried(ModelChoice choice) {
        return served(choice, ServerConnection.Patience.USUAL);
    }

    static Model open(ModelChoice choice, ServerConnection.Patience patience, RetryingModel.Pause pause) {
        return new RetryingModel(served(choice, patience), pause, new SecureRandom(), Ticker.SYSTEM);
    }

    private static ServedModel served(ModelChoice choice, ServerConnection.Patience patience) {
        ServerAddress ollama = new ServerAddress(choice.baseUrl().orElse(choice.ollamaHost()), choice.apiKey());
        return switch (choice.provider()) {
            case OLLAMA -> new OllamaPreflight(ollama, connection(ollama)).open(choice, patience);
            case OPENAI -> openAi(choice, patience);
            case AUTO ->
                choice.baseUrl().isEmpty() || isOllama(ollama)
                        ? new OllamaPreflight(ollama, connection(ollama)).open(choice, patience)
                        : openAi(choice, patience);
        };
    }

    private static ServedModel openAi(ModelChoice choice, ServerConnection.Patience patience) {
        ServerAddress address = new ServerAddress(choice.baseUrl().orElse(OPENAI), choice.apiKey()).versioned();
        if (choice.baseUrl().isEmpty() && choice.apiKey().isEmpty()) {
            throw new ModelFailure(
                    ModelFailure.Reason.REFUSED,
                    address.shown()
                            + " wants a key; put one into NEUROVISOR_API_KEY or a file for --api-key-file, or name"
                            + " another server with --base-url");
        }
        return new OpenAiPreflight(address, connection(address)).open(choice, patience);
    }

    /** A server that is not there is reported by whoever asks it next. */
    private static boolean isOllama(ServerAddress address) {
        try {
            return connection(address).get("/api/version").contains("\"version\"");
        } catch (ModelFailure noOllama) {
            return false;
        }
    }

    private static ServerConnection connection(ServerAddress address) {
        return new ServerConnection(
                address, new ServerConnection.Patience(PREFLIGHT, PREFLIGHT), Deadline.after(PREFLIGHT, Ticker.SYSTEM));
    }

    /** The only waiting here that nothing can end early but an interruption. */
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

package io.neurovisor.tests.models;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests a llama-server with the small model that {@code setup/llm.sh} fetches. */
final class LlamaServerIT extends ModelServerContract {
    @TempDir
    private static Path directory;

    private static @Nullable LlamaServer server;

    @Override
    RealServer server() {
        if (server == null) {
            server = LlamaServer.start(fetched(), directory.resolve("server.log"));
        }
        return server;
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
            server = null;
        }
    }

    private static Path fetched() {
        @Nullable String fetched = System.getenv("NEUROVISOR_TEST_LLM");
        assumeTrue(fetched != null, "NEUROVISOR_TEST_LLM is not set; ./neurovisor test fetches server and model");
        return Path.of(fetched);
    }
}

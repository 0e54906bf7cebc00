package io.neurovisor.e2b;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A test with E2B's API of its own. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // Set before each test.
public abstract class E2bFixture {
    protected ServedE2b api;

    @BeforeEach
    final void open(@TempDir Path directory) throws IOException {
        api = new ServedE2b(directory);
    }

    @AfterEach
    final void close() {
        api.close();
    }
}

package io.neurovisor.e2b;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;

/** A test with a sandbox. */
@SuppressWarnings("NullAway.Init") // Set before each test.
public abstract class BoxFixture extends E2bFixture {
    protected Box box;

    @BeforeEach
    final void create() throws IOException, InterruptedException {
        box = api.create();
    }
}

package io.neurovisor.server.connect;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A test with a port of its own, whose service echoes. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // Set before each test.
abstract class EchoFixture {
    ConnectFixture fixture;

    @BeforeEach
    final void open() throws IOException {
        fixture = new ConnectFixture();
    }

    @AfterEach
    final void close() {
        fixture.close();
    }
}

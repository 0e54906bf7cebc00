package io.neurovisor.server.http;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The limits of a port.
 *
 * @param connections all that are open
 * @param connectionsOfAddress those of one remote address
 * @param head until the head of a request has arrived, from the beginning of the connection
 * @param answer until the client has read its answer; streams have none
 */
public record HttpLimits(int connections, int connectionsOfAddress, Duration head, Duration answer) {
    public HttpLimits {
        requireNonNull(head, "head is null");
        requireNonNull(answer, "answer is null");
    }
}

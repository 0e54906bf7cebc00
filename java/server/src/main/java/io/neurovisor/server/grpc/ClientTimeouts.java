package io.neurovisor.server.grpc;

import java.time.Duration;

/**
 * The time limits for clients of {@link GrpcPorts}.
 *
 * @param request within which a request must arrive completely
 * @param connection after which a connection accepts no further calls
 */
public record ClientTimeouts(Duration request, Duration connection) {
    /** Allows the largest request at 5.6 Mbit/s. */
    public static final ClientTimeouts STANDARD = new ClientTimeouts(Duration.ofMinutes(2), Duration.ofHours(1));
}

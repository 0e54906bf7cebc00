package io.neurovisor.server.http.api;

import java.io.IOException;

/** Thrown by the body of a request that exceeds the limit of its route. */
public final class BodyTooLarge extends IOException {
    private static final long serialVersionUID = 1;

    BodyTooLarge(long mostBytes) {
        super("the body has more than the " + mostBytes + " bytes that are allowed here");
    }
}

package io.neurovisor.host.guestlink;

/**
 * The call that a guest is to answer. There is one at a time, so data of any other stream is unexpected. Used by the
 * thread of the connection.
 */
final class PendingCall {
    private static final int NONE = -1;

    private int stream = NONE;

    void begun(int stream) {
        this.stream = stream;
    }

    void ended(int stream) {
        if (isAnswering(stream)) {
            this.stream = NONE;
        }
    }

    boolean isAnswering(int stream) {
        return this.stream == stream;
    }
}

package io.neurovisor.agent.provider;

import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.text.UntrustedText;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Classifies connection failures and describes each in one line. */
final class ConnectionFailures {
    private static final int MAX_CHARACTERS = 300;

    private ConnectionFailures() {}

    /** Returns a description of the most specific cause. */
    static String cause(@Nullable Throwable error) {
        if (isCausedBy(error, UnresolvedAddressException.class)) {
            return "unknown host name";
        }
        // The client of the JDK wraps a refusal into, and around, exceptions without a message.
        if (isCausedBy(error, ConnectException.class)) {
            return "connection refused";
        }
        Throwable innermost = innermost(error);
        if (innermost == null) {
            return "unknown error";
        }
        return innermost.getMessage() == null ? innermost.getClass().getSimpleName() : line(innermost.getMessage());
    }

    /** Returns the reason for a failure before the first byte of a response. */
    static ModelFailure.Reason reason(@Nullable Throwable error) {
        if (isCausedBy(error, ConnectException.class)
                || isCausedBy(error, HttpConnectTimeoutException.class)
                || isCausedBy(error, UnresolvedAddressException.class)) {
            return ModelFailure.Reason.UNREACHABLE;
        }
        return isCausedBy(error, IOException.class) ? ModelFailure.Reason.BROKEN_STREAM : ModelFailure.Reason.REFUSED;
    }

    private static boolean isCausedBy(@Nullable Throwable error, Class<? extends Throwable> type) {
        Throwable cause = error;
        for (int depth = 0; cause != null && depth < 20; depth++) {
            if (type.isInstance(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    static ModelFailure.Reason reason(int status, String body) {
        String text = body.toLowerCase(Locale.ROOT);
        if (status == 404) {
            return ModelFailure.Reason.MODEL_MISSING;
        }
        if (status == 429 || status == 503) {
            return ModelFailure.Reason.BUSY;
        }
        if (status >= 500) {
            return ModelFailure.Reason.SERVER_ERROR;
        }
        return text.contains("does not support tools")
                ? ModelFailure.Reason.TOOLS_UNSUPPORTED
                : ModelFailure.Reason.REFUSED;
    }

    /** Returns the text of a server as one short line without control characters. */
    static String line(String text) {
        String line = UntrustedText.line(text).strip().replaceAll("\\s+", " ");
        return line.length() > MAX_CHARACTERS
                ? UntrustedText.line(line.substring(0, MAX_CHARACTERS)).strip() + "..."
                : line;
    }

    private static @Nullable Throwable innermost(@Nullable Throwable error) {
        Throwable innermost = error;
        for (int depth = 0; innermost != null && innermost.getCause() != null && depth < 20; depth++) {
            innermost = innermost.getCause();
        }
        return innermost;
    }
}

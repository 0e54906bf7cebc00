package io.neurovisor.server.grpc.guard;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.config.DaemonConfig;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks the responses of all calls of a server until they are sent, and cancels calls whose clients do not read, so
 * that an idle client cannot keep a machine, a model or memory for longer than the send timeout.
 */
public final class PendingResponses extends ServerStreamTracer.Factory implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(PendingResponses.class);

    private final OutboundMemory memory;
    private final Duration sendTimeout;
    private final Ticker ticker;
    private final Set<PendingResponse> open = ConcurrentHashMap.newKeySet();

    /** @param sendTimeout how long a client may leave sent data unread */
    public PendingResponses(OutboundMemory memory, Duration sendTimeout, Ticker ticker) {
        this.memory = memory;
        this.sendTimeout = sendTimeout;
        this.ticker = ticker;
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        PendingResponse response = new PendingResponse(method, memory, new SendProgress(ticker.nanos()), open::remove);
        open.add(response);
        return response;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return next.startCall(PendingResponse.current().sentBy(call), headers);
    }

    public int count() {
        return open.size();
    }

    /** Cancels calls whose clients have read nothing for too long. To be called about every second, by one thread. */
    public void endUnread() {
        for (PendingResponse response : open) {
            if (response.isUnread(ticker.nanos(), sendTimeout)
                    && response.cancel("the client has read nothing for " + sendTimeout.toSeconds() + " s")) {
                LOG.info(
                        "a call of {} was cancelled: its client had read nothing for {} s ({})",
                        response.method(),
                        sendTimeout.toSeconds(),
                        DaemonConfig.SEND_TIMEOUT.flag());
            }
        }
    }
}

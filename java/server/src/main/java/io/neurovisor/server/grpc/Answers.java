package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.config.Setting;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answers of all calls of a server, each until the transport has sent it. Ends a call whose client does not read, whatever
 * its service does, so that no client holds a machine, a model or memory for longer than the patience by doing nothing.
 */
final class Answers extends ServerStreamTracer.Factory implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private final AnswerMemory memory;
    private final Duration patience;
    private final Ticker ticker;
    private final Set<Answer> open = ConcurrentHashMap.newKeySet();

    /** @param patience with a client that reads nothing of what waits for it */
    Answers(AnswerMemory memory, Duration patience, Ticker ticker) {
        this.memory = requireNonNull(memory, "memory is null");
        this.patience = requireNonNull(patience, "patience is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        Answer answer = new Answer(method, memory, new SendProgress(ticker.nanos()), open::remove);
        open.add(answer);
        return answer;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return next.startCall(Answer.current().sentBy(call), headers);
    }

    /** How many have not been sent. */
    int count() {
        return open.size();
    }

    /** Cancels the calls whose clients have read nothing for too long. To be called every second or so, by one thread. */
    void endUnread() {
        for (Answer answer : open) {
            if (answer.isUnread(ticker.nanos(), patience)
                    && answer.cancel("the client has read nothing for " + patience.toSeconds() + " s")) {
                LOG.info(
                        "a call of {} was cancelled: its client had read nothing for {} s ({})",
                        answer.method(),
                        patience.toSeconds(),
                        Setting.SEND_TIMEOUT.flag());
            }
        }
    }
}

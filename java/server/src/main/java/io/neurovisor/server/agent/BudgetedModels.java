package io.neurovisor.server.agent;

import io.neurovisor.agent.model.ForwardingModel;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.TokenBudgets;
import java.util.Optional;

/**
 * Models that count against the token budget of the calling tenant.
 *
 * <p>Tokens are those that the model server reports. If it reports none, such as for a reply that the client cancels, a
 * token is counted for every four characters of the request and of the received text; otherwise a client that cancels
 * each reply shortly before its end would use none.
 */
public record BudgetedModels(Models models, TokenBudgets budgets) implements Models {
    private static final int CHARACTERS_PER_TOKEN = 4;

    /** @throws ModelFailure {@code NOT_ADMITTED} also if the budget is already used up */
    @Override
    public Model open(Optional<String> name) {
        Tenant tenant = Tenant.current()
                .orElseThrow(() -> new NeuroVisorException(Fault.INTERNAL, "a model is opened outside of any call"));
        admit(tenant);
        return new Budgeted(models.open(name), tenant);
    }

    private void admit(Tenant tenant) {
        try {
            budgets.admit(tenant);
        } catch (NeuroVisorException refusal) {
            throw new ModelFailure(ModelFailure.Reason.NOT_ADMITTED, String.valueOf(refusal.getMessage()), refusal);
        }
    }

    private final class Budgeted extends ForwardingModel {
        private final Tenant tenant;

        Budgeted(Model model, Tenant tenant) {
            super(model);
            this.tenant = tenant;
        }

        @Override
        public ModelReply ask(ModelRequest request, ReplyListener listener) {
            admit(tenant);
            Meter meter = new Meter(request, listener);
            try {
                ModelReply reply = model().ask(request, meter);
                meter.ended(reply);
                return reply;
            } catch (ModelFailure failure) {
                meter.failed(failure.reason());
                throw failure;
            } catch (RuntimeException failure) {
                meter.cut();
                throw failure;
            } finally {
                budgets.use(tenant, meter.tokens);
            }
        }
    }

    /** Counts the tokens of one request across retries. Not thread-safe. */
    private static final class Meter implements ReplyListener {
        private final ReplyListener listener;
        private final long requestCharacters;
        private long heardCharacters;
        private long tokens;

        Meter(ModelRequest request, ReplyListener listener) {
            this.listener = listener;
            this.requestCharacters =
                    request.messages().stream().mapToLong(Message::length).sum();
        }

        @Override
        public void text(String piece) {
            heardCharacters += piece.length();
            listener.text(piece);
        }

        @Override
        public void retry(String reason) {
            if (heardCharacters > 0) {
                cut();
            }
            listener.retry(reason);
        }

        void ended(ModelReply reply) {
            long reported = (long) reply.usage().prompt() + reply.usage().reply();
            if (reported > 0) {
                tokens += reported;
            } else {
                heardCharacters = Math.max(heardCharacters, reply.text().length());
                cut();
            }
        }

        void failed(ModelFailure.Reason reason) {
            boolean hasWorked = switch (reason) {
                case CANCELLED, OUT_OF_TIME, STALLED, BROKEN_STREAM -> true;
                case UNREACHABLE, BUSY, SERVER_ERROR, MODEL_MISSING, TOOLS_UNSUPPORTED, REFUSED, NOT_ADMITTED -> false;
            };
            if (hasWorked || heardCharacters > 0) {
                cut();
            }
        }

        /** Estimates the tokens of a reply that ended without the server's count. */
        void cut() {
            tokens += Math.ceilDiv(requestCharacters + heardCharacters, CHARACTERS_PER_TOKEN);
            heardCharacters = 0;
        }
    }
}

package io.neurovisor.server.agent;

import io.neurovisor.agent.model.ForwardingModel;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Models that are looked up once instead of before each request. After a failure a model is looked up again, which also
 * provides the command that solves the problem.
 */
public final class KnownModels implements Models {
    /** More models than a server keeps in memory; the least recently used one is evicted. */
    private static final int MAX_KNOWN = 32;

    private final Models found;
    private final Object lock = new Object();
    private final Map<Optional<String>, Model> known = new LinkedHashMap<>(MAX_KNOWN, 0.75f, true);

    public KnownModels(Models found) {
        this.found = found;
    }

    @Override
    public Model open(Optional<String> name) {
        Model model = remembered(name);
        return new Asked(name, model == null ? find(name) : model);
    }

    /** Concurrent lookups of the same model are harmless. */
    private Model find(Optional<String> name) {
        Model model = found.open(name);
        synchronized (lock) {
            known.put(name, model);
            if (known.size() > MAX_KNOWN) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return model;
    }

    private @Nullable Model remembered(Optional<String> name) {
        synchronized (lock) {
            return known.get(name);
        }
    }

    private void forget(Optional<String> name, Model model) {
        synchronized (lock) {
            known.remove(name, model);
        }
    }

    private final class Asked extends ForwardingModel {
        private final Optional<String> name;

        Asked(Optional<String> name, Model model) {
            super(model);
            this.name = name;
        }

        @Override
        public ModelReply ask(ModelRequest request, ReplyListener listener) {
            try {
                return model().ask(request, listener);
            } catch (ModelFailure failure) {
                return switch (failure.reason()) {
                    // No part of the reply was received: the model is missing, or its server does not listen.
                    case MODEL_MISSING, UNREACHABLE -> {
                        forget(name, model());
                        yield find(name).ask(request, listener);
                    }
                    case SERVER_ERROR, BROKEN_STREAM, STALLED, TOOLS_UNSUPPORTED, REFUSED -> {
                        forget(name, model());
                        throw failure;
                    }
                    case BUSY, CANCELLED, OUT_OF_TIME, NOT_ADMITTED -> throw failure;
                };
            }
        }
    }
}

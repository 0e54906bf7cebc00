package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

/** A base class for models that decorate the requests to another model. */
public abstract class ForwardingModel implements Model {
    private final Model model;

    protected ForwardingModel(Model model) {
        this.model = requireNonNull(model, "model is null");
    }

    /** Returns the decorated model. */
    protected final Model model() {
        return model;
    }

    @Override
    public final String name() {
        return model.name();
    }

    @Override
    public final int contextTokens() {
        return model.contextTokens();
    }

    @Override
    public final boolean hasNativeTools() {
        return model.hasNativeTools();
    }

    @Override
    public final boolean hasVision() {
        return model.hasVision();
    }
}

package io.neurovisor.examples;

import io.neurovisor.agent.model.Model;

/** A model with tools, whose replies are written by a test. */
abstract class ScriptedModel implements Model {
    @Override
    public final String name() {
        return "scripted";
    }

    @Override
    public final int contextTokens() {
        return 8192;
    }

    @Override
    public final boolean hasNativeTools() {
        return true;
    }
}

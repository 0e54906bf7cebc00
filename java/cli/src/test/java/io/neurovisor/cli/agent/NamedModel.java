package io.neurovisor.cli.agent;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;

/** A model with a name, which fails when it is asked. */
final class NamedModel implements Model {
    @Override
    public String name() {
        return "qwen3";
    }

    @Override
    public int contextTokens() {
        return 0;
    }

    @Override
    public boolean hasNativeTools() {
        return true;
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        throw new AssertionError("not asked");
    }
}

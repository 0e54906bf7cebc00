package io.neurovisor.session;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import java.util.List;

/** Runs a program this many times and then answers. */
final class TalkativeModel implements Model {
    private final int calls;
    private int asked;

    TalkativeModel(int calls) {
        this.calls = calls;
    }

    @Override
    public String name() {
        return "talkative";
    }

    @Override
    public int contextTokens() {
        return 1_000_000;
    }

    @Override
    public boolean hasNativeTools() {
        return true;
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        asked++;
        if (asked > calls) {
            return new ModelReply("done", List.of(), new Usage(10, 1), false, ServerTimes.NONE);
        }
        String text = "step " + asked;
        listener.text(text);
        // The same id each time, as some model servers do.
        ToolCall call =
                new ToolCall("call", "execute_code", "{\"language\": \"bash\", \"code\": \"echo " + asked + "\"}");
        return new ModelReply(text, List.of(call), new Usage(10, 5), false, ServerTimes.NONE);
    }
}

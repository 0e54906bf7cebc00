package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.agent.model.ToolCall;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Calls in the ReAct style: a line {@code Action:} with the tool, a line {@code Action Input:} with its arguments. */
final class ActionCalls implements CallFormat {
    private static final Pattern ACTION = Pattern.compile(
            "Action:[ \\t]*`?([A-Za-z_]\\w{0,63})`?[ \\t]*\\R[ \\t]*Action Input:\\s*(?:```(?:json)?\\s*)?");

    @Override
    public Optional<FoundCalls> at(Source source, int from) {
        if (!source.startsLine(from, "Action:")) {
            return Optional.empty();
        }
        Matcher action =
                ACTION.matcher(source.text()).region(from, source.text().length());
        if (!action.lookingAt() || !source.tools().contains(action.group(1))) {
            return Optional.empty();
        }
        Optional<LooseJson.Value> value = LooseJson.at(source.text(), action.end());
        int lineEnd = source.text().indexOf('\n', action.end());
        int end = value.map(LooseJson.Value::end)
                .orElse(lineEnd < 0 ? source.text().length() : lineEnd);
        String arguments = value.map(LooseJson.Value::node)
                .map(JsonNode::toString)
                .orElse(source.text().substring(action.end(), end).strip());
        int afterFence = source.text().startsWith("\n```", end) ? end + 4 : end;
        return Optional.of(new FoundCalls(afterFence, List.of(new ToolCall("", action.group(1), arguments))));
    }
}

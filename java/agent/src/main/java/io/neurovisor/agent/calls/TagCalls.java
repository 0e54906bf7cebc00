package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.model.ToolCall;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Calls in tags that name the tool: {@code <function=name>}, {@code <invoke name="name">}, {@code <name>}. */
final class TagCalls implements CallFormat {
    private static final Pattern OPENING = Pattern.compile("<(?:(function)=\\s*[\"']?([A-Za-z_]\\w{0,63})[\"']?\\s*"
            + "|(invoke|function|tool_use|tool)\\s+name\\s*=\\s*[\"']([A-Za-z_]\\w{0,63})[\"']\\s*"
            + "|([A-Za-z_]\\w{0,63}))>");
    private static final Pattern PARAMETER = Pattern.compile(
            "\\s*<(?:(parameter|param|arg)(?:=\\s*[\"']?|\\s+name\\s*=\\s*[\"'])([A-Za-z_]\\w{0,63})[\"']?\\s*"
                    + "|([A-Za-z_]\\w{0,63}))>");
    private static final int MAX_PARAMETERS = 32;
    private static final Pattern NAMED =
            Pattern.compile("<name>\\s*([A-Za-z_]\\w{0,63})\\s*</name>\\s*<(arguments|parameters|args|input)>");

    @Override
    public Optional<FoundCalls> at(Source source, int from) {
        // Prose about such a tag quotes it.
        boolean isQuoted = from > 0 && source.text().charAt(from - 1) == '`';
        return isQuoted ? Optional.empty() : tag(source, from);
    }

    static Optional<FoundCalls> tag(Source source, int from) {
        Matcher opening =
                OPENING.matcher(source.text()).region(from, source.text().length());
        if (source.text().charAt(from) != '<' || !opening.lookingAt()) {
            return Optional.empty();
        }
        String element = firstOf(opening, 1, 3, 5);
        String name = firstOf(opening, 2, 4, 5);
        if (!source.tools().contains(name)) {
            return Optional.empty();
        }
        String closing = "</" + element + ">";
        int close = source.text().indexOf(closing, opening.end());
        int contentEnd = close < 0 ? source.text().length() : close;
        String content = source.text().substring(opening.end(), contentEnd);
        int end = close < 0 ? contentEnd : close + closing.length();
        // A tag without arguments is prose.
        return arguments(content).map(arguments -> new FoundCalls(end, List.of(new ToolCall("", name, arguments))));
    }

    /** Reads {@code <name>name</name><arguments>...</arguments>}, which is a call only between the markers of a call. */
    static Optional<FoundCalls> named(Source source, int from) {
        Matcher named = NAMED.matcher(source.text()).region(from, source.text().length());
        if (!named.lookingAt() || !source.tools().contains(named.group(1))) {
            return Optional.empty();
        }
        String closing = "</" + named.group(2) + ">";
        int close = closingTag(source.text(), closing, named.end());
        int contentEnd = close < 0 ? source.text().length() : close;
        int end = close < 0 ? contentEnd : close + closing.length();
        return arguments(source.text().substring(named.end(), contentEnd))
                .map(arguments -> new FoundCalls(end, List.of(new ToolCall("", named.group(1), arguments))));
    }

    private static Optional<String> arguments(String content) {
        Optional<String> json = LooseJson.object(content).map(JsonNode::toString);
        return json.isPresent() ? json : parameters(content);
    }

    private static Optional<String> parameters(String content) {
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        int position = 0;
        Matcher parameter = PARAMETER.matcher(content);
        while (arguments.size() < MAX_PARAMETERS
                && parameter.region(position, content.length()).lookingAt()) {
            String element = firstOf(parameter, 1, 3);
            String closing = "</" + element + ">";
            int close = closingTag(content, closing, parameter.end());
            String value = content.substring(parameter.end(), close < 0 ? content.length() : close);
            arguments.put(firstOf(parameter, 2, 3), withoutFrame(value));
            position = close < 0 ? content.length() : close + closing.length();
        }
        return arguments.isEmpty() ? Optional.empty() : Optional.of(arguments.toString());
    }

    /** Returns the closing tag that the rest of the call follows, because code may contain the same text. */
    private static int closingTag(String content, String closing, int from) {
        int close = content.indexOf(closing, from);
        while (close >= 0) {
            String after = content.substring(
                    close + closing.length(), Math.min(content.length(), close + closing.length() + 200));
            if (after.isBlank() || after.strip().startsWith("<")) {
                return close;
            }
            close = content.indexOf(closing, close + 1);
        }
        return -1;
    }

    /** Removes the line feeds next to the tags, which are not part of the value. */
    private static String withoutFrame(String value) {
        String inner = value.startsWith("\n") ? value.substring(1) : value;
        return inner.endsWith("\n") ? inner.substring(0, inner.length() - 1) : inner;
    }

    private static String firstOf(Matcher matcher, int... groups) {
        for (int group : groups) {
            String text = matcher.group(group);
            if (text != null) {
                return text;
            }
        }
        return "";
    }
}

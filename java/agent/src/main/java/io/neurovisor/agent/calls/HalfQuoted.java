package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.model.ToolCall;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The almost-JSON of small models, for which no parser was written: quotes within quotes, triple quotes, closing braces that never
 * come. It must name a known tool and hold both a language and code, each under its name; the code ends where the block does or
 * the language begins.
 */
final class HalfQuoted {
    private static final Pattern NAME = Pattern.compile(
            "^[\\s\\[{]*[\"'`]?(?:name|tool|function)[\"'`]?\\s*:\\s*[\"'`]?([A-Za-z_]\\w{0,63})[\"'`]?\\s*[,}]");
    private static final Pattern LANGUAGE =
            Pattern.compile("[\"'`]?\\blanguage[\"'`]?\\s*:\\s*[\"'`]?([A-Za-z0-9+]{1,20})[\"'`]?");
    private static final Pattern CODE = Pattern.compile("[\"'`]?\\bcode[\"'`]?\\s*:\\s*");
    private static final Pattern NEXT_KEY = Pattern.compile("[\"'`]\\s*,\\s*[\"'`]?language[\"'`]?\\s*:");
    private static final List<String> QUOTES = List.of("\"\"\"", "'''", "```", "\"", "'", "`");

    private HalfQuoted() {}

    static Optional<ToolCall> read(String block, Set<String> tools) {
        Matcher name = NAME.matcher(block);
        if (!name.find() || !tools.contains(name.group(1))) {
            return Optional.empty();
        }
        Matcher code = CODE.matcher(block);
        Matcher language = LANGUAGE.matcher(block);
        if (!code.find(name.end() - 1) || !language.find(name.end() - 1)) {
            return Optional.empty();
        }
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        arguments.put("language", language.group(1));
        arguments.put("code", code(block.substring(code.end())));
        return Optional.of(new ToolCall("", name.group(1), arguments.toString()));
    }

    /** @param rest the block from behind {@code code:} */
    private static String code(String rest) {
        String quote = QUOTES.stream().filter(rest::startsWith).findFirst().orElse("");
        String body = rest.substring(quote.length());
        if (quote.length() == 3) {
            int close = body.indexOf(quote);
            return close < 0 ? body : body.substring(0, close);
        }
        Matcher next = NEXT_KEY.matcher(body);
        if (next.find()) {
            return Escapes.decode(body.substring(0, next.start()));
        }
        String text = withoutTail(body);
        boolean isClosed = !quote.isEmpty() && text.endsWith(quote);
        return Escapes.decode(isClosed ? text.substring(0, text.length() - 1) : text);
    }

    /** Without the braces that close the block, as far as there are any. */
    private static String withoutTail(String body) {
        int end = body.length();
        while (end > 0 && (Character.isWhitespace(body.charAt(end - 1)) || "}],;".indexOf(body.charAt(end - 1)) >= 0)) {
            end--;
        }
        return body.substring(0, end);
    }
}

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
 * Calls in the malformed JSON of small models: unescaped quotes within quotes, triple quotes, missing braces. A call must name a
 * known tool and contain both a language and code, each under its name. The code ends where the language begins, where its quote
 * and all braces close, or else where prose begins or the block ends.
 */
final class HalfQuoted {
    private static final Pattern NAME = Pattern.compile(
            "^[\\s\\[{]*[\"'`]?(?:name|tool|function)[\"'`]?\\s*:\\s*[\"'`]?([A-Za-z_]\\w{0,63})[\"'`]?\\s*[,}]");
    private static final Pattern LANGUAGE =
            Pattern.compile("[\"'`]?\\blanguage[\"'`]?\\s*:\\s*[\"'`]?([A-Za-z0-9+]{1,20})[\"'`]?");
    private static final Pattern CODE = Pattern.compile("[\"'`]?\\bcode[\"'`]?\\s*:\\s*");
    private static final Pattern NEXT_KEY = Pattern.compile("[\"'`]\\s*,\\s*[\"'`]?language[\"'`]?\\s*:");
    private static final List<String> QUOTES = List.of("\"\"\"", "'''", "```", "\"", "'", "`");

    /** The closing quote of the code with the closing braces, at the end of a line. */
    private static final Pattern CLOSED = Pattern.compile("[\"'`]\\s*(}[\\s}\\],;]*)$", Pattern.MULTILINE);

    /** The closing quote alone, before an empty line and a line of prose. */
    private static final Pattern QUOTE_ALONE =
            Pattern.compile("[\"'`][ \t]*\\R[ \t]*\\R(?=\\s{0,40}(?:[A-Z][a-z']{0,40}[ ,!.?]|\\z))");

    /** A sentence after an empty line, for code without a closing quote: no programming language has such a line. */
    private static final Pattern PROSE = Pattern.compile(
            "\\R[ \t]*\\R(?=[A-Z][a-z']*,?(?: [^\\s=(){}\\[\\];\"]{1,40}){3,60}[.!?:][ \t]*$)", Pattern.MULTILINE);

    /** Another call on a separate line. Quantifiers are bounded, because a text may consist of line feeds. */
    private static final Pattern NEXT_CALL = Pattern.compile(
            "\\n[ \\t]{0,40}[\\[,]?[ \\t]{0,8}\\{\\s{0,40}[\"'`]?(?:name|tool|function)[\"'`]?\\s{0,40}:");

    private static final Pattern TAIL = Pattern.compile("\\A[\"'`]?[\\s}\\],;]*");

    /**
     * A call at the beginning of a block.
     *
     * @param end the position after the call in the block
     */
    record Half(ToolCall call, int end) {}

    /** The code, and the position after its closing quote and braces. */
    private record Code(String text, int end) {}

    private HalfQuoted() {}

    static Optional<Half> read(String whole, Set<String> tools) {
        Matcher name = NAME.matcher(whole);
        if (!name.find() || !tools.contains(name.group(1))) {
            return Optional.empty();
        }
        Matcher nextCall = NEXT_CALL.matcher(whole);
        String block = nextCall.find(name.end() - 1) ? whole.substring(0, nextCall.start()) : whole;
        Matcher code = CODE.matcher(block);
        Matcher language = LANGUAGE.matcher(block);
        if (!code.find(name.end() - 1) || !language.find(name.end() - 1)) {
            return Optional.empty();
        }
        Code found = code(block.substring(code.end()), opened(block.substring(0, code.start())));
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        arguments.put("language", language.group(1));
        arguments.put("code", found.text());
        return Optional.of(new Half(new ToolCall("", name.group(1), arguments.toString()), code.end() + found.end()));
    }

    private static int opened(String head) {
        return (int) head.chars().filter(character -> character == '{').count();
    }

    /**
     * Reads the code.
     *
     * @param rest the part of the block after {@code code:}
     * @param opened the number of open braces
     */
    private static Code code(String rest, int opened) {
        String quote = QUOTES.stream().filter(rest::startsWith).findFirst().orElse("");
        String body = rest.substring(quote.length());
        if (quote.length() == 3) {
            int close = body.indexOf(quote);
            return close < 0
                    ? new Code(body.substring(0, prose(body)), quote.length() + prose(body))
                    : new Code(body.substring(0, close), afterTail(rest, 2 * quote.length() + close));
        }
        Matcher next = NEXT_KEY.matcher(body);
        if (next.find()) {
            Matcher language = LANGUAGE.matcher(rest);
            boolean isThere = language.find(quote.length() + next.start());
            int end = isThere ? afterTail(rest, language.end()) : rest.length();
            return new Code(StringEscapes.decode(body.substring(0, next.start())), end);
        }
        int close = quote.isEmpty() ? -1 : closed(body, opened);
        if (close >= 0) {
            return new Code(StringEscapes.decode(body.substring(0, close)), afterTail(rest, quote.length() + close));
        }
        int end = prose(body);
        String text = withoutTail(body.substring(0, end));
        boolean isClosed = !quote.isEmpty() && text.endsWith(quote);
        return new Code(
                StringEscapes.decode(isClosed ? text.substring(0, text.length() - 1) : text), quote.length() + end);
    }

    /** Returns where prose begins; the end of the text if there is none. */
    private static int prose(String body) {
        Matcher prose = PROSE.matcher(body);
        return prose.find() ? prose.start() : body.length();
    }

    /**
     * Returns where the code ends although its own quotes look the same. The last match counts: code may contain such a sequence
     * itself, prose does not.
     */
    private static int closed(String body, int opened) {
        int close = -1;
        int textEnd = body.stripTrailing().length();
        Matcher closed = CLOSED.matcher(body);
        while (closed.find()) {
            long braces = closed.group(1)
                    .chars()
                    .filter(character -> character == '}')
                    .count();
            int end = closed.end();
            boolean isApart = end >= textEnd || body.startsWith("\n\n", end) || body.startsWith("\r\n\r\n", end);
            if (braces >= opened || isApart) {
                close = closed.start();
            }
        }
        Matcher alone = QUOTE_ALONE.matcher(body);
        return close < 0 && alone.find() ? alone.start() : close;
    }

    /** Returns the position after a closing quote and braces. */
    private static int afterTail(String text, int from) {
        Matcher tail = TAIL.matcher(text).region(from, text.length());
        return tail.lookingAt() ? tail.end() : from;
    }

    /** Returns the text without the braces that close the block. */
    private static String withoutTail(String body) {
        int end = body.length();
        while (end > 0 && (Character.isWhitespace(body.charAt(end - 1)) || "}],;".indexOf(body.charAt(end - 1)) >= 0)) {
            end--;
        }
        return body.substring(0, end);
    }
}

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
 * come. It must name a known tool and hold both a language and code, each under its name; the code ends where the language begins,
 * where its quote closes together with all that is open, or else where prose begins or the block ends. What follows is no part
 * of it.
 */
final class HalfQuoted {
    private static final Pattern NAME = Pattern.compile(
            "^[\\s\\[{]*[\"'`]?(?:name|tool|function)[\"'`]?\\s*:\\s*[\"'`]?([A-Za-z_]\\w{0,63})[\"'`]?\\s*[,}]");
    private static final Pattern LANGUAGE =
            Pattern.compile("[\"'`]?\\blanguage[\"'`]?\\s*:\\s*[\"'`]?([A-Za-z0-9+]{1,20})[\"'`]?");
    private static final Pattern CODE = Pattern.compile("[\"'`]?\\bcode[\"'`]?\\s*:\\s*");
    private static final Pattern NEXT_KEY = Pattern.compile("[\"'`]\\s*,\\s*[\"'`]?language[\"'`]?\\s*:");
    private static final List<String> QUOTES = List.of("\"\"\"", "'''", "```", "\"", "'", "`");

    /** Where the code's quote closes with all that was opened, at the end of a line. */
    private static final Pattern CLOSED = Pattern.compile("[\"'`]\\s*(}[\\s}\\],;]*)$", Pattern.MULTILINE);

    /** Where only the quote closes, before a line that is empty and one that is no code. */
    private static final Pattern QUOTE_ALONE =
            Pattern.compile("[\"'`][ \t]*\\R[ \t]*\\R(?=\\s{0,40}(?:[A-Z][a-z']{0,40}[ ,!.?]|\\z))");

    /** A sentence after an empty line, where nothing has closed: no language has such a line. */
    private static final Pattern PROSE = Pattern.compile(
            "\\R[ \t]*\\R(?=[A-Z][a-z']*,?(?: [^\\s=(){}\\[\\];\"]{1,40}){3,60}[.!?:][ \t]*$)", Pattern.MULTILINE);

    /** Another call on a line of its own. Bounded, for a text may be nothing but line feeds. */
    private static final Pattern NEXT_CALL = Pattern.compile(
            "\\n[ \\t]{0,40}[\\[,]?[ \\t]{0,8}\\{\\s{0,40}[\"'`]?(?:name|tool|function)[\"'`]?\\s{0,40}:");

    private static final Pattern TAIL = Pattern.compile("\\A[\"'`]?[\\s}\\],;]*");

    /**
     * A call that was found at the beginning of a block.
     *
     * @param end the position after it in the block
     */
    record Half(ToolCall call, int end) {}

    /** The code with where it, and all that closes behind it, ends. */
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
     * @param rest the block from behind {@code code:}
     * @param opened how many braces wait to be closed
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
            return new Code(Escapes.decode(body.substring(0, next.start())), end);
        }
        int close = quote.isEmpty() ? -1 : closed(body, opened);
        if (close >= 0) {
            return new Code(Escapes.decode(body.substring(0, close)), afterTail(rest, quote.length() + close));
        }
        int end = prose(body);
        String text = withoutTail(body.substring(0, end));
        boolean isClosed = !quote.isEmpty() && text.endsWith(quote);
        return new Code(Escapes.decode(isClosed ? text.substring(0, text.length() - 1) : text), quote.length() + end);
    }

    /** Where a person is spoken to; else the end. */
    private static int prose(String body) {
        Matcher prose = PROSE.matcher(body);
        return prose.find() ? prose.start() : body.length();
    }

    /**
     * Where the code ends though its own quotes look the same: what closes everything is the last of its kind, for the code may
     * close as much itself, and prose does not.
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

    /** The position behind a closing quote and braces. */
    private static int afterTail(String text, int from) {
        Matcher tail = TAIL.matcher(text).region(from, text.length());
        return tail.lookingAt() ? tail.end() : from;
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

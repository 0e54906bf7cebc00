package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;
import java.util.Optional;

/** Calls written as JSON on separate lines, without markers or fences. */
final class BareCalls implements CallFormat {
    @Override
    public Optional<FoundCalls> at(Source source, int from) {
        char first = source.text().charAt(from);
        if ((first != '{' && first != '[') || !source.startsLine(from)) {
            return Optional.empty();
        }
        Optional<LooseJson.Value> value = LooseJson.at(source.text(), from);
        if (value.isPresent()) {
            List<ToolCall> calls = JsonCalls.of(value.get().node(), source.tools());
            return calls.isEmpty() || !ends(source, value.get().end())
                    ? Optional.empty()
                    : Optional.of(new FoundCalls(value.get().end(), calls));
        }
        int end = endOfBlock(source.text(), from);
        return HalfQuoted.read(source.text().substring(from, end), source.tools())
                .map(half -> new FoundCalls(from + half.end(), List.of(half.call())));
    }

    /** Returns whether a call may end here: at the end of a line, or before the separator of the next call. */
    private static boolean ends(Source source, int position) {
        int next = source.skipBlanks(position);
        return source.endsLine(position)
                || (next < source.text().length() && ";,".indexOf(source.text().charAt(next)) >= 0);
    }

    private static int endOfBlock(String text, int from) {
        int fence = text.indexOf("\n```", from);
        return fence < 0 ? text.length() : fence;
    }
}

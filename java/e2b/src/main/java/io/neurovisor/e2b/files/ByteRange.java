package io.neurovisor.e2b.files;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a file.
 *
 * @param end exclusive; greater than the offset
 */
record ByteRange(long offset, long end) {
    private static final Pattern FORM = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /** What a header asks for. */
    sealed interface Asked {
        /** The whole file, also if it is empty, and for a header that is malformed or asks for several parts. */
        record Whole() implements Asked {}

        record Part(ByteRange range) implements Asked {}

        /** What the file does not have. */
        record Beyond() implements Asked {}
    }

    /** @param header the value of {@code Range} */
    static Asked of(Optional<String> header, long size) {
        Matcher matcher = FORM.matcher(header.map(text -> text.replace(" ", "")).orElse(""));
        if (size == 0 || !matcher.matches()) {
            return new Asked.Whole();
        }
        String first = matcher.group(1);
        String last = matcher.group(2);
        if (first.isEmpty() && last.isEmpty()) {
            return new Asked.Whole();
        }
        if (first.isEmpty()) {
            return part(Math.max(0, size - Long.parseLong(last)), size);
        }
        long offset = Long.parseLong(first);
        if (last.isEmpty()) {
            return part(offset, size);
        }
        long end = Long.parseLong(last) + 1;
        return end <= offset ? new Asked.Whole() : part(offset, Math.min(end, size));
    }

    private static Asked part(long offset, long end) {
        return offset < end ? new Asked.Part(new ByteRange(offset, end)) : new Asked.Beyond();
    }

    long length() {
        return end - offset;
    }

    /** Returns the value of {@code Content-Range}. */
    String of(long size) {
        return "bytes %d-%d/%d".formatted(offset, end - 1, size);
    }
}

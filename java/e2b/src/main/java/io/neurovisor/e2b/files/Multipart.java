package io.neurovisor.e2b.files;

import io.neurovisor.e2b.HttpFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartCompliance;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** Reads a body of type {@code multipart/form-data} piece by piece. */
final class Multipart {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int MOST_PARTS = 1000;
    private static final int MOST_HEADER_BYTES = 8 << 10;
    private static final Pattern FILE = Pattern.compile("(?:^|;)\\s*name=\"?file\"?\\s*(?:;|$)");
    /** Possessive, because otherwise each character takes stack. */
    private static final Pattern FILE_NAME = Pattern.compile("(?:^|;)\\s*filename=\"((?:[^\"\\\\]|\\\\.)*+)\"");

    private Multipart() {}

    /** Receives the parts that are files, which have the name {@code file}; others are skipped. */
    interface Files {
        /** A part begins. */
        void begin(Optional<String> fileName) throws IOException;

        void content(ByteBuffer content) throws IOException;

        /** The part is complete. */
        void end() throws IOException;
    }

    /**
     * Nothing may precede the first boundary: what the parser makes of a malformed preamble depends on the pieces in which it arrives.
     *
     * @param contentType has the boundary of the parts
     */
    static void read(String contentType, InputStream body, Files files) throws IOException {
        String boundary = boundary(contentType);
        byte[] first = body.readNBytes(boundary.length() + 2);
        if (!("--" + boundary).equals(new String(first, StandardCharsets.ISO_8859_1))) {
            throw HttpFailure.of(400, "the body does not begin with the boundary of its parts");
        }
        Reader reader = new Reader(files);
        MultiPart.Parser parser = new MultiPart.Parser(boundary, MultiPartCompliance.RFC7578_STRICT, reader);
        parser.setMaxParts(MOST_PARTS);
        parser.setPartHeadersMaxLength(MOST_HEADER_BYTES);
        try {
            parser.parse(Content.Chunk.from(ByteBuffer.wrap(first), false));
            byte[] piece = new byte[PIECE_BYTES];
            int count = body.read(piece);
            while (count >= 0) {
                parser.parse(Content.Chunk.from(ByteBuffer.wrap(piece, 0, count), false));
                reader.throwFailure();
                count = body.read(piece);
            }
            parser.parse(Content.Chunk.EOF);
            reader.throwFailure();
        } catch (HttpException.RuntimeException | IllegalStateException malformed) {
            throw HttpFailure.of(400, "the parts of the body are malformed: " + malformed.getMessage());
        }
        if (!reader.isComplete) {
            throw incomplete();
        }
    }

    private static String boundary(String contentType) {
        try {
            return Optional.ofNullable(MultiPart.extractBoundary(contentType))
                    .orElseThrow(() -> HttpFailure.invalid("content-type", "has no boundary"));
        } catch (IllegalArgumentException malformed) {
            throw HttpFailure.invalid("content-type", "is malformed: " + malformed.getMessage());
        }
    }

    private static HttpFailure incomplete() {
        return HttpFailure.of(400, "the last part of the body is not complete");
    }

    private static final class Reader implements MultiPart.Parser.Listener {
        private final Files files;
        private String disposition = "";
        private @Nullable Throwable failure;
        private boolean isFile;
        private boolean isComplete;

        Reader(Files files) {
            this.files = files;
        }

        @Override
        public void onPartBegin() {
            disposition = "";
        }

        @Override
        public void onPartHeader(String name, String value) {
            if (name.toLowerCase(Locale.ROOT).equals("content-disposition")) {
                disposition = value;
            }
        }

        @Override
        public void onPartHeaders() {
            isFile = FILE.matcher(disposition).find();
            if (isFile) {
                pass(() -> files.begin(fileName()));
            }
        }

        private Optional<String> fileName() {
            Matcher matcher = FILE_NAME.matcher(disposition);
            return matcher.find() ? Optional.of(matcher.group(1).replaceAll("\\\\(.)", "$1")) : Optional.empty();
        }

        @Override
        public void onPartContent(Content.Chunk chunk) {
            if (isFile) {
                pass(() -> files.content(chunk.getByteBuffer()));
            }
        }

        @Override
        public void onPartEnd() {
            if (isFile) {
                pass(files::end);
            }
        }

        @Override
        public void onComplete() {
            isComplete = true;
        }

        @Override
        public void onFailure(Throwable reason) {
            if (failure == null) {
                failure = reason;
            }
        }

        /** Throws what the parser has reported, or the files have thrown, first. */
        void throwFailure() throws IOException {
            switch (failure) {
                case null -> {}
                case EOFException _ -> throw incomplete(); // The parser reports it so.
                case IOException thrown -> throw thrown;
                case RuntimeException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                default -> throw HttpFailure.of(400, "the parts of the body are malformed: " + failure.getMessage());
            }
        }

        /** The parser drops what a listener throws. */
        private void pass(Passing passing) {
            if (failure != null) {
                return;
            }
            try {
                passing.pass();
            } catch (IOException | RuntimeException | Error thrown) {
                failure = thrown;
            }
        }
    }

    @FunctionalInterface
    private interface Passing {
        void pass() throws IOException;
    }
}

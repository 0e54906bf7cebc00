package io.neurovisor.e2b.files;

import com.google.protobuf.ByteString;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.server.http.api.HttpExchange;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a client keeps with a file: headers of an upload, which are extended attributes of the file.
 *
 * @param values by their names, in lower case
 */
public record FileMetadata(Map<String, String> values) {
    static final FileMetadata NONE = new FileMetadata(Map.of());

    private static final String HEADER = "x-metadata-";

    /** Of the attributes {@code user.*}, without that prefix. */
    private static final String ATTRIBUTE = "e2b.";

    private static final Pattern PRINTABLE = Pattern.compile("[ -~]*");
    private static final int MOST_BYTES = 4096;

    public FileMetadata {
        values = Map.copyOf(values);
    }

    /** Returns what a request sends along with its files. Of headers with one name, the first counts. */
    static FileMetadata of(HttpExchange exchange) {
        Map<String, String> values = new TreeMap<>();
        int bytes = 0;
        for (Map.Entry<String, List<String>> header : exchange.headers().entrySet()) {
            String name = header.getKey();
            if (!name.startsWith(HEADER) || name.length() == HEADER.length()) {
                continue;
            }
            String value = header.getValue().getFirst();
            if (!PRINTABLE.matcher(name + value).matches()) {
                throw HttpFailure.invalid(name, "has characters other than those of printable ASCII");
            }
            bytes += name.length() + value.length();
            values.put(name.substring(HEADER.length()), value);
        }
        if (bytes > MOST_BYTES) {
            throw HttpFailure.invalid(HEADER + "*", "have %d bytes; %d are allowed".formatted(bytes, MOST_BYTES));
        }
        return new FileMetadata(values);
    }

    /** Returns what is kept with a file. */
    public static FileMetadata of(FileEntry entry) {
        Map<String, String> values = new TreeMap<>();
        entry.getXattrsMap().forEach((name, value) -> {
            if (name.startsWith(ATTRIBUTE)) {
                values.put(name.substring(ATTRIBUTE.length()), value.toStringUtf8());
            }
        });
        return new FileMetadata(values);
    }

    /** Returns the extended attributes, without the prefix {@code user.}. */
    Map<String, ByteString> attributes() {
        Map<String, ByteString> attributes = new TreeMap<>();
        values.forEach((name, value) -> attributes.put(ATTRIBUTE + name, ByteString.copyFromUtf8(value)));
        return attributes;
    }
}

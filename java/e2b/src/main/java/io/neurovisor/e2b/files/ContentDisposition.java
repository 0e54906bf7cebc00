package io.neurovisor.e2b.files;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** How a client may show a file, and its name, as of RFC 6266. */
final class ContentDisposition {
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
    private static final Pattern PRINTABLE = Pattern.compile("[ -~]+");
    private static final Pattern UNRESERVED = Pattern.compile("[A-Za-z0-9!#$&+.^_`|~-]");

    private ContentDisposition() {}

    static String inline(String name) {
        if (TOKEN.matcher(name).matches()) {
            return "inline; filename=" + name;
        }
        if (PRINTABLE.matcher(name).matches()) {
            return "inline; filename=\"" + name.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
        }
        StringBuilder encoded = new StringBuilder("inline; filename*=utf-8''");
        for (byte value : name.getBytes(StandardCharsets.UTF_8)) {
            String character = Character.toString(value & 0xff);
            encoded.append(UNRESERVED.matcher(character).matches() ? character : "%%%02X".formatted(value & 0xff));
        }
        return encoded.toString();
    }
}

import java.util.HashMap;
import java.util.Map;
import jdk.jshell.Snippet;

/** Which lines of which cells the snippets are. */
final class Places {
    record Place(String cell, long firstLine, String[] source) {
        String file() {
            return "<cell " + cell + ">";
        }

        String sourceOf(long line) {
            long index = line - firstLine;
            return index >= 0 && index < source.length ? source[(int) index] : "";
        }
    }

    private final Map<String, Place> places = new HashMap<>();

    void add(Snippet snippet, String cell, long firstLine) {
        places.put(snippet.id(), new Place(cell, firstLine, snippet.source().split("\n", -1)));
    }

    /** Returns null for code that is no snippet. */
    Place of(String snippet) {
        return places.get(snippet);
    }
}
